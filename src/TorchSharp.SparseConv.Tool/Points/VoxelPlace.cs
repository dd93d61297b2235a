namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>Where the point is that stands for a voxel.</summary>
internal enum VoxelPlace
{
    /// <summary>The mean of its points.</summary>
    Mean,

    /// <summary>Its centre.</summary>
    Center,
}
