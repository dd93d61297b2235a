namespace TorchSharp.SparseConv;

/// <summary>A class that a network tells; its index is its place in <see cref="ModelConfig.Classes"/>.</summary>
public sealed class ModelClass
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>How it is painted, as CSS writes colours: "#6496f5". Null where nobody chose.</summary>
    public string? Color { get; set; }

    /// <summary>
    /// The labels that stand for the class in files, of which the first is the one to write; its index where there are
    /// none.
    /// </summary>
    public IReadOnlyList<int> Labels { get; set; } = [];
}
