using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>How points become voxels, beside the voxel size.</summary>
public sealed class VoxelizationOptions
{
    /// <summary>What a voxel's features are made of.</summary>
    public PointReduction Reduction { get; init; } = PointReduction.Mean;

    /// <summary>
    /// The seed of <see cref="PointReduction.Random"/>: the choice depends on it, the voxel's coordinates, and the
    /// number of points in the voxel, and on nothing else.
    /// </summary>
    public long Seed { get; init; }

    /// <summary>
    /// The lowest corner of voxel 0, one number per axis; the origin of the points' space where null.
    /// </summary>
    public IReadOnlyList<double>? Origin { get; init; }

    /// <summary>Points outside of it are dropped and counted; all are taken where null.</summary>
    public PointRange? Range { get; init; }

    /// <summary>The spatial shape of the result; points in voxels outside of it are dropped and counted, too.</summary>
    public PerAxis? SpatialShape { get; init; }

    /// <summary>
    /// How many points of a voxel, the first ones, make its features and vote for its label; all where null. The others
    /// stay in the voxel.
    /// </summary>
    public int? MaxPointsPerVoxel { get; init; }

    /// <summary>
    /// How many voxels a scan may have, in the order in which its points come to them; the points of the others are
    /// dropped and counted. Any number where null.
    /// </summary>
    public int? MaxVoxelsPerScan { get; init; }

    /// <summary>The label that has no vote, and that a voxel has whose points all have it.</summary>
    public long IgnoreLabel { get; init; } = -100;
}
