namespace TorchSharp.SparseConv.Core;

/// <summary>Where voxels lie in the space of the points, and which points are left out.</summary>
public sealed class VoxelizerOptions
{
    /// <summary>The edge lengths of a voxel in units of the points, one or one per axis; positive and finite.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    /// <summary>The lowest corner of voxel 0, one number per axis, or none for zeros.</summary>
    public IReadOnlyList<double> Origin { get; init; } = [];

    /// <summary>The lowest corner of the range, inclusive, one number per axis, or none for no limit.</summary>
    public IReadOnlyList<double> Low { get; init; } = [];

    /// <summary>The highest corner of the range, exclusive, one number per axis, or none for no limit.</summary>
    public IReadOnlyList<double> High { get; init; } = [];

    /// <summary>The spatial shape of the level; points whose voxel lies outside of it are dropped. Null for none.</summary>
    public PerAxis? SpatialShape { get; init; }

    /// <summary>
    /// How many voxels a scan may have, in the order in which its points come to them; the points of the others are dropped.
    /// Null for any number.
    /// </summary>
    public int? MaxVoxels { get; init; }
}
