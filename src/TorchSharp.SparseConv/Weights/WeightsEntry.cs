namespace TorchSharp.SparseConv;

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
