namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>One tensor of a weights file.</summary>
internal sealed class TensorReport
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public required IReadOnlyList<long> Shape { get; init; }
}
