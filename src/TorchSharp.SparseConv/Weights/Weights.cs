using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv;

/// <summary>
/// A module's parameters and buffers in a file, whose format goes by its extension: .safetensors; .pt, .pth or .ckpt as
/// PyTorch's torch.save; .npz as NumPy's archive; TorchSharp's own (that of Module.save) for any other.
/// </summary>
public static class Weights
{
    private const string BatchCount = "num_batches_tracked";

    private static readonly string[] Prefixes = ["module.", "_orig_mod.", "model."];

    /// <summary>
    /// Writes the module's state_dict, replacing the file, under the names and in the shapes of a library's layout
    /// where one is given. Throws NotSupportedException for an element type that the format lacks.
    /// </summary>
    public static void Save(torch.nn.Module module, string path, WeightLayout? layout = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (layout is null && !HasOwnWriter(path))
        {
            module.save(path);
            return;
        }

        using var scope = torch.NewDisposeScope();
        var entries = LayoutEntry.Of(module, layout ?? WeightLayout.Native);
        Write(path, entries.Select(entry => KeyValuePair.Create(entry.TheirName, entry.ToTheirs())));
    }

    /// <summary>
    /// Copies a file's tensors into the module, converting layouts where one is given and element types always, and
    /// says what was loaded. Throws InvalidDataException, before anything is changed, for a file that is damaged or
    /// asks for what is not allowed, and under LoadRule.Strict for one whose names or shapes do not match, naming the
    /// first. Where all names of the file begin with "module.", "_orig_mod." or "model." and the module has none of
    /// them, they are taken without it. place says where in a PyTorch file the state_dict stands, such as "nets.a",
    /// where it holds several.
    /// </summary>
    public static WeightsReport Load(
        torch.nn.Module module,
        string path,
        WeightLayout? layout = null,
        LoadRule rule = LoadRule.Strict,
        string? place = null
    )
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = Open(path, place);
        return Load(LayoutEntry.Of(module, layout ?? WeightLayout.Native), file, path, rule);
    }

    /// <summary>
    /// Reads all tensors of a file into CPU memory under the file's names; where a PyTorch file holds a state_dict
    /// among other things, the state_dict's. Throws InvalidDataException for a file that is damaged or asks for what is
    /// not allowed.
    /// </summary>
    [SuppressMessage("Design", "MA0016", Justification = "What Module.load_state_dict takes.")]
    public static Dictionary<string, torch.Tensor> Read(string path, string? place = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = Open(path, place);
        return file.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry.Name), StringComparer.Ordinal);
    }

    /// <summary>
    /// What a file holds, in its order, without reading the tensors. Throws InvalidDataException for a file that is
    /// damaged or asks for what is not allowed.
    /// </summary>
    public static IReadOnlyList<WeightsEntry> Entries(string path, string? place = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = Open(path, place);
        return [.. file.Entries.Select(entry => new WeightsEntry(entry.Name, entry.Type, entry.Shape))];
    }

    /// <summary>
    /// Writes named tensors, replacing the file. Throws NotSupportedException for an element type that the format
    /// lacks, and for an extension that stands for TorchSharp's own format, which only a module writes.
    /// </summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        switch (Extension(path))
        {
            case ".safetensors":
                SafeTensors.Write(path, tensors);
                break;
            case ".pt" or ".pth" or ".ckpt":
                PyTorchWriter.Write(path, tensors);
                break;
            case ".npz":
                NpzWriter.Write(path, tensors);
                break;
            default:
                throw new NotSupportedException(
                    $"'{path}' names no format to write, must end in .safetensors, .pt, .pth, .ckpt or .npz."
                );
        }
    }

    internal static StateReader Open(string path, string? place = null) =>
        Extension(path) switch
        {
            ".safetensors" => new SafeTensorsReader(SafeTensors.Open(path)),
            ".npz" => new NpzReader(path),
            var ending when ending is ".pt" or ".pth" or ".ckpt" || PyTorchStorages.IsOne(path) => new PyTorchFile(
                path,
                place
            ),
            _ => new TorchSharpFile(path),
        };

    internal static WeightsReport Load(IReadOnlyList<LayoutEntry> entries, StateReader file, string path, LoadRule rule)
    {
        var prefix = Prefix(entries, file);
        var found = file.Entries.ToDictionary(entry => entry.Name[prefix.Length..], StringComparer.Ordinal);
        var unreadable = file.Unreadable.ToDictionary(
            entry => entry.Key[prefix.Length..],
            entry => entry.Value,
            StringComparer.Ordinal
        );
        var report = Compare(entries, found, unreadable);
        if (rule == LoadRule.Strict && !report.IsComplete)
        {
            throw new InvalidDataException($"'{path}' does not fit the module: {report}.");
        }

        var loaded = report.Loaded.ToHashSet(StringComparer.Ordinal);
        using var untracked = torch.no_grad();
        foreach (var entry in entries.Where(entry => loaded.Contains(entry.TheirName)))
        {
            using var scope = torch.NewDisposeScope();
            entry.Tensor.copy_(entry.ToOurs(file.Read(prefix + entry.TheirName)));
        }

        return report;
    }

    private static bool HasOwnWriter(string path) =>
        Extension(path) is ".safetensors" or ".pt" or ".pth" or ".ckpt" or ".npz";

    [SuppressMessage("Globalization", "CA1308", Justification = "Extensions are compared, not shown.")]
    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    // What wrappers of training scripts put before all names; none where the module knows any name as it is.
    private static string Prefix(IReadOnlyList<LayoutEntry> entries, StateReader file)
    {
        string[] names = [.. file.Entries.Select(entry => entry.Name), .. file.Unreadable.Keys];
        var known = entries.Select(entry => entry.TheirName).ToHashSet(StringComparer.Ordinal);
        var prefix = "";
        while (
            names.Length > 0
            && !Array.Exists(names, name => known.Contains(name[prefix.Length..]))
            && Array.Find(Prefixes, one => Array.TrueForAll(names, name => Begins(name, prefix + one))) is { } next
        )
        {
            prefix += next;
        }

        return Array.Exists(names, name => known.Contains(name[prefix.Length..])) ? prefix : "";

        static bool Begins(string name, string with) => name.StartsWith(with, StringComparison.Ordinal);
    }

    private static WeightsReport Compare(
        IReadOnlyList<LayoutEntry> entries,
        Dictionary<string, StateEntry> found,
        Dictionary<string, string> unreadable
    )
    {
        var (loaded, missing, misshaped) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var entry in entries)
        {
            if (unreadable.TryGetValue(entry.TheirName, out var type))
            {
                misshaped.Add($"{entry.TheirName} of {type}, which is not read");
            }
            else if (!found.TryGetValue(entry.TheirName, out var theirs))
            {
                // Files of old PyTorch lack it, and inference does not need it.
                if (!entry.Name.EndsWith(BatchCount, StringComparison.Ordinal))
                {
                    missing.Add(entry.TheirName);
                }
            }
            else if (!theirs.Shape.AsSpan().SequenceEqual(entry.TheirShape))
            {
                misshaped.Add($"{theirs.Name} {Shapes.Text(theirs.Shape)}, must be {Shapes.Text(entry.TheirShape)}");
            }
            else
            {
                loaded.Add(entry.TheirName);
            }
        }

        var known = entries.Select(entry => entry.TheirName).ToHashSet(StringComparer.Ordinal);
        return new WeightsReport(loaded, missing, [.. found.Keys.Where(name => !known.Contains(name))], misshaped);
    }
}
