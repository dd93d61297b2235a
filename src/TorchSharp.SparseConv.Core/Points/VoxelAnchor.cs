namespace TorchSharp.SparseConv.Core;

/// <summary>Where in its voxel a value stands when it is interpolated; which voxel holds a point does not depend on it.</summary>
public enum VoxelAnchor
{
    /// <summary>At the voxel's centre, coordinate + 0.5 in units of its level.</summary>
    Center,

    /// <summary>At the voxel's lowest corner, its coordinate: what TorchSparse does, and networks trained with it expect.</summary>
    LowestCorner,
}
