using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// One call of one layer in a <see cref="ModelSummary"/>, or a module with parameters that was not called.
/// </summary>
public sealed class SummaryRow
{
    internal SummaryRow() { }

    /// <summary>
    /// The layer's name in the model's state_dict, without the parameter; empty for the model itself.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The layer's type.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The kernel of a layer that has one: shape, stride, padding and dilation, where they differ from 1 and 0.
    /// </summary>
    public string Kernel { get; init; } = "";

    /// <summary>The stride of the level that the layer wrote, or null where it wrote none.</summary>
    public PerAxis? Stride { get; init; }

    /// <summary>The rows that the layer wrote: voxels, or scans.</summary>
    public long Sites { get; init; }

    /// <summary>The channels that the layer wrote.</summary>
    public long Channels { get; init; }

    /// <summary>The pairs of the layer's rulebook, 0 where it has none.</summary>
    public long Pairs { get; init; }

    /// <summary>The elements of the layer's own parameters; 0 for every further call of the same layer.</summary>
    public long Parameters { get; init; }

    /// <summary>
    /// Products that are added up: pairs * in * out / groups for a convolution, rows * in * out for a linear layer, one
    /// an element for a norm, 0 for others.
    /// </summary>
    public long MultiplyAdds { get; init; }

    /// <summary>The bytes of the features that the layer wrote.</summary>
    public long FeatureBytes { get; init; }

    /// <summary>The bytes of the layer's rulebook; 0 where an earlier row has the same one.</summary>
    public long RulebookBytes { get; init; }
}
