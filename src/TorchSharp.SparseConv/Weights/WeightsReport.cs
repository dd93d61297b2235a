namespace TorchSharp.SparseConv;

/// <summary>What Weights.Load does with a file that does not fit the module entry by entry.</summary>
public enum LoadRule
{
    /// <summary>Throws, and changes nothing, unless names and shapes match one to one.</summary>
    Strict,

    /// <summary>Loads the entries whose names and shapes match and leaves the rest of the module as it is.</summary>
    Matching,
}

/// <summary>How a weights file and a module met, by the names of the file's layout.</summary>
public sealed class WeightsReport
{
    private const int NamedMismatches = 5;

    internal WeightsReport(
        IReadOnlyList<string> loaded,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<string> misshaped
    )
    {
        Loaded = loaded;
        Missing = missing;
        Unexpected = unexpected;
        Misshaped = misshaped;
    }

    /// <summary>Names that both have, in one shape.</summary>
    public IReadOnlyList<string> Loaded { get; }

    /// <summary>
    /// Names that the module has and the file lacks; counts of batches that a norm has seen are not asked for.
    /// </summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names that the file has and the module lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>
    /// Names that both have in different shapes, each with the file's shape and the one that it must have.
    /// </summary>
    public IReadOnlyList<string> Misshaped { get; }

    /// <summary>True where every name of either was loaded.</summary>
    public bool IsComplete => Missing.Count + Unexpected.Count + Misshaped.Count == 0;

    /// <summary>One line: how many were loaded, and the first few of each kind that were not.</summary>
    public override string ToString() =>
        string.Join(
            "; ",
            new[]
            {
                $"{Loaded.Count} loaded",
                Line(Missing, "missing"),
                Line(Unexpected, "unexpected"),
                Line(Misshaped, "of another shape"),
            }.Where(line => line.Length > 0)
        );

    private static string Line(IReadOnlyList<string> names, string what)
    {
        var more = names.Count > NamedMismatches ? $", and {names.Count - NamedMismatches} more" : "";
        return names.Count == 0 ? "" : $"{names.Count} {what} ({string.Join(", ", names.Take(NamedMismatches))}{more})";
    }
}

/// <summary>One tensor of a weights file, not read.</summary>
public sealed class WeightsEntry
{
    internal WeightsEntry(string name, torch.ScalarType type, IReadOnlyList<long> shape)
    {
        Name = name;
        Type = type;
        Shape = shape;
    }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The type of the elements.</summary>
    public torch.ScalarType Type { get; }

    /// <summary>The size of each axis.</summary>
    public IReadOnlyList<long> Shape { get; }
}
