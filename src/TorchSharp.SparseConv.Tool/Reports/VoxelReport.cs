namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>What a cloud becomes as voxels of one size, and what convolutions meet there.</summary>
internal sealed class VoxelReport
{
    /// <summary>The edge, in the unit of the positions.</summary>
    public required double Size { get; init; }

    public required long Voxels { get; init; }

    public required double PointsPerVoxel { get; init; }

    /// <summary>The share of the bounding box's voxels that have points.</summary>
    public required double Occupancy { get; init; }

    /// <summary>Of a submanifold convolution with kernel 3: pairs of the rulebook, and neighbours that a voxel has on average, itself included, of 27.</summary>
    public required RulebookReport Kernel3 { get; init; }

    /// <summary>Of a convolution with kernel 2 and stride 2: pairs, and fine voxels in a coarse one on average, of 8.</summary>
    public required RulebookReport Kernel2Stride2 { get; init; }
}
