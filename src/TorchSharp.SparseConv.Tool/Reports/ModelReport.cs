using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>info of a model directory.</summary>
internal sealed class ModelReport
{
    public string Kind { get; init; } = "model";

    public required string File { get; init; }

    /// <summary>Bytes of the weights.</summary>
    public required long Bytes { get; init; }

    public required string Architecture { get; init; }

    public required IReadOnlyList<double> VoxelSize { get; init; }

    /// <summary>The sources of the input's channels, in order.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The name of the class that is neither predicted nor scored; null where there is none.</summary>
    public required string? IgnoredClass { get; init; }

    public static ModelReport Of(string folder)
    {
        var config = ModelDirectory.ReadConfig(folder);
        var weights = Path.Combine(folder, ModelDirectory.WeightsFile);
        return new ModelReport
        {
            File = folder,
            Bytes = System.IO.File.Exists(weights)
                ? new FileInfo(weights).Length
                : throw new FileNotFoundException($"'{weights}': there is no such file."),
            Architecture = config.Architecture.ToString(),
            VoxelSize = config.VoxelSize,
            Inputs = [.. config.Inputs.Select(input => input.Source)],
            Classes = [.. config.Classes.Select(entry => entry.Name)],
            IgnoredClass = config.IgnoreClass is { } ignored ? config.Classes[ignored].Name : null,
        };
    }

    public void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("model", File),
            ("network", Architecture),
            ("weights", Tables.Bytes(Bytes)),
            ("voxel size", string.Join(" x ", VoxelSize.Select(size => Tables.Number(size)))),
            ("inputs", string.Join(", ", Inputs)),
            ("classes", string.Join(", ", Classes)),
            ("ignored", IgnoredClass)
        );
}
