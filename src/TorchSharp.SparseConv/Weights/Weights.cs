namespace TorchSharp.SparseConv;

/// <summary>
/// A module's parameters and buffers in a file: safetensors for the extension .safetensors, TorchSharp's own format (that
/// of Module.save) for any other.
/// </summary>
public static class Weights
{
    private const int NamedMismatches = 5;

    /// <summary>Writes the module's state_dict, replacing the file.</summary>
    public static void Save(torch.nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsSafeTensors(path))
        {
            SafeTensors.Write(path, module.state_dict());
        }
        else
        {
            module.save(path);
        }
    }

    /// <summary>
    /// Copies a file's tensors into the module, converting element types. Strict: throws InvalidDataException, before
    /// anything is changed, that names the first entries that are missing, unexpected, or of another shape.
    /// </summary>
    public static void Load(torch.nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = torch.NewDisposeScope();
        var source = IsSafeTensors(path) ? SafeTensors.Read(path) : StateFile.Read(path);
        var target = module.state_dict();
        RequireMatch(source, target, path);
        using var untracked = torch.no_grad();
        foreach (var (name, tensor) in target)
        {
            tensor.copy_(source[name]);
        }
    }

    private static bool IsSafeTensors(string path) =>
        string.Equals(Path.GetExtension(path), ".safetensors", StringComparison.OrdinalIgnoreCase);

    private static void RequireMatch(
        Dictionary<string, torch.Tensor> source,
        Dictionary<string, torch.Tensor> target,
        string path
    )
    {
        var complaints = new List<string>();
        Complain(complaints, "missing", target.Keys.Where(name => !source.ContainsKey(name)));
        Complain(complaints, "unexpected", source.Keys.Where(name => !target.ContainsKey(name)));
        Complain(
            complaints,
            "of another shape",
            target
                .Where(entry =>
                    source.TryGetValue(entry.Key, out var found)
                    && !found.shape.AsSpan().SequenceEqual(entry.Value.shape)
                )
                .Select(entry =>
                    $"{entry.Key} {Shapes.Text(source[entry.Key].shape)}, must be {Shapes.Text(entry.Value.shape)}"
                )
        );
        if (complaints.Count > 0)
        {
            throw new InvalidDataException($"'{path}' does not fit the module: {string.Join("; ", complaints)}.");
        }
    }

    private static void Complain(List<string> complaints, string what, IEnumerable<string> entries)
    {
        var all = entries.ToList();
        if (all.Count == 0)
        {
            return;
        }

        var more = all.Count > NamedMismatches ? $", and {all.Count - NamedMismatches} more" : "";
        complaints.Add($"{all.Count} {what} ({string.Join(", ", all.Take(NamedMismatches))}{more})");
    }
}
