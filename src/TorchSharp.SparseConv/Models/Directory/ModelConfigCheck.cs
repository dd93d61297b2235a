using System.Globalization;

namespace TorchSharp.SparseConv;

/// <summary>
/// The range of every field of config.json, named as they are there; what is out of it is an InvalidDataException.
/// </summary>
internal static class ModelConfigCheck
{
    private const long MostChannels = 1 << 16;
    private const double LargestWidth = 64;
    private const int LargestStem = 31;
    private const int LongestName = 200;

    internal static void All(ModelConfig config)
    {
        Require(
            string.Equals(config.Format, ModelConfig.FormatName, StringComparison.Ordinal),
            "format",
            config.Format,
            $"\"{ModelConfig.FormatName}\""
        );
        Require(config.Version == ModelConfig.NewestVersion, "version", config.Version, $"{ModelConfig.NewestVersion}");
        Require(config.Architecture is not null, "architecture", "null", "an object");
        Architecture(config.Architecture!, "architecture.");
        var axes = config.Architecture!.Dimensions;
        RequireList(config.VoxelSize, "voxel_size");
        RequireList(config.Inputs, "inputs");
        RequireList(config.Classes, "classes");
        RequireCount(config.VoxelSize.Count, axes, "voxel_size");
        foreach (var (axis, edge) in config.VoxelSize.Index())
        {
            Require(edge > 0 && double.IsFinite(edge), $"voxel_size[{axis}]", edge, "positive and finite");
        }

        Inputs(config.Inputs, axes, config.Architecture.InChannels);
        Classes(config.Classes, config.Architecture.OutChannels);
        if (config.IgnoreClass is { } ignored)
        {
            Require(
                ignored >= 0 && ignored < config.Classes.Count,
                "ignore_class",
                ignored,
                $"0 to {config.Classes.Count - 1}, a class"
            );
            Require(config.Classes.Count > 1, "classes", config.Classes.Count, "more than the ignored one");
        }
    }

    internal static void Architecture(ModelArchitecture architecture, string prefix)
    {
        var kinds = $"one of {string.Join(", ", ModelKind.Names)}";
        Require(
            ModelKind.Names.Contains(architecture.Kind, StringComparer.Ordinal),
            $"{prefix}kind",
            architecture.Kind,
            kinds
        );
        Channels(architecture.InChannels, $"{prefix}in_channels");
        Channels(architecture.OutChannels, $"{prefix}out_channels");
        var width = architecture.Width;
        Require(width is > 0 and <= LargestWidth, $"{prefix}width", width, $"above 0 and at most {LargestWidth}");
        var axes = architecture.Dimensions;
        Require(axes is >= 1 and <= 4, $"{prefix}dimensions", axes, "1 to 4");
        RequireList(architecture.StemKernel, $"{prefix}stem_kernel");
        RequireCount(architecture.StemKernel.Count, axes, $"{prefix}stem_kernel");
        foreach (var (axis, size) in architecture.StemKernel.Index())
        {
            Require(size is >= 1 and <= LargestStem, $"{prefix}stem_kernel[{axis}]", size, $"1 to {LargestStem}");
        }
    }

    private static void RequireList<T>(IReadOnlyList<T>? list, string field) =>
        Require(list is not null, field, "null", "a list");

    private static void Inputs(IReadOnlyList<ModelInput> inputs, int axes, long channels)
    {
        var sum = 0L;
        foreach (var (i, input) in inputs.Index())
        {
            Require(input is not null, $"inputs[{i}]", "null", "an object");
            Name(input!.Source, $"inputs[{i}].source");
            Require(
                input.Source is not (ModelInput.Y or ModelInput.Z) || axes > (input.Source is ModelInput.Y ? 1 : 2),
                $"inputs[{i}].source",
                input.Source,
                $"on one of the {axes} axes"
            );
            Require(input.Components is >= 1 and <= 1024, $"inputs[{i}].components", input.Components, "1 to 1024");
            Require(
                input.IsAttribute || input.Components == 1,
                $"inputs[{i}].components",
                input.Components,
                $"left out, for {input.Source} is no attribute"
            );
            Require(double.IsFinite(input.Scale), $"inputs[{i}].scale", input.Scale, "finite");
            Require(double.IsFinite(input.Offset), $"inputs[{i}].offset", input.Offset, "finite");
            Require(double.IsFinite(input.Missing ?? 0), $"inputs[{i}].missing", input.Missing, "finite");
            sum += input.Channels(axes);
        }

        Require(
            sum == channels,
            "inputs",
            $"{sum} channels",
            $"as many as architecture.in_channels, {channels.ToString(CultureInfo.InvariantCulture)}"
        );
    }

    private static void Classes(IReadOnlyList<ModelClass> classes, long channels)
    {
        Require(
            classes.Count == 0 || classes.Count == channels,
            "classes",
            $"{classes.Count} classes",
            $"as many as architecture.out_channels, {channels.ToString(CultureInfo.InvariantCulture)}, or none"
        );
        var names = new HashSet<string>(StringComparer.Ordinal);
        var labels = new Dictionary<int, int>();
        var haveLabels = classes.Any(entry => entry is { Labels.Count: > 0 });
        foreach (var (i, entry) in classes.Index())
        {
            Require(entry is not null, $"classes[{i}]", "null", "an object");
            Name(entry!.Name, $"classes[{i}].name");
            RequireList(entry.Labels, $"classes[{i}].labels");
            Require(names.Add(entry.Name), $"classes[{i}].name", entry.Name, "no other class's");
            Require(IsColor(entry.Color), $"classes[{i}].color", entry.Color, "as #6496f5");
            Require(
                !haveLabels || entry.Labels.Count > 0,
                $"classes[{i}].labels",
                "empty",
                "one or more, as other classes have"
            );
            foreach (var label in entry.Labels)
            {
                Require(label >= 0, $"classes[{i}].labels", label, "0 or more");
                Require(labels.TryAdd(label, i), $"classes[{i}].labels", label, "no other class's");
            }
        }
    }

    private static bool IsColor(string? color) =>
        color is null || (color.Length == 7 && color[0] == '#' && color.AsSpan(1).IndexOfAnyExcept(HexDigits) < 0);

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create(
        "0123456789abcdefABCDEF"
    );

    private static void Name(string? name, string field) =>
        Require(
            name is { Length: > 0 and <= LongestName } && !name.Any(char.IsControl),
            field,
            name,
            $"1 to {LongestName} characters, none of them a control character"
        );

    private static void Channels(long channels, string field) =>
        Require(channels is >= 1 and <= MostChannels, field, channels, $"1 to {MostChannels}");

    private static void RequireCount(int count, int axes, string field) =>
        Require(count == 1 || count == axes, field, $"{count} numbers", $"one, or {axes}, one an axis");

    private static void Require(bool holds, string field, object? value, string allowed)
    {
        if (holds)
        {
            return;
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"{value}");
        throw new InvalidDataException(
            $"{field} is {(text.Length > LongestName ? text[..LongestName] + "..." : text)}, must be {allowed}."
        );
    }
}
