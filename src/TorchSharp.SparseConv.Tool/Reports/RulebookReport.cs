namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>The size of one rulebook.</summary>
internal sealed class RulebookReport
{
    public required long OutputVoxels { get; init; }

    public required long Pairs { get; init; }

    /// <summary>Pairs of an output voxel, on average.</summary>
    public required double MeanNeighbours { get; init; }

    public required long Bytes { get; init; }
}
