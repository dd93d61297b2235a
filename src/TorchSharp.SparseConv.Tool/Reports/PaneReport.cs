namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>One file in a page.</summary>
internal sealed class PaneReport
{
    public required string File { get; init; }

    public required int Points { get; init; }
}
