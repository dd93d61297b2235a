namespace TorchSharp.SparseConv.Core;

/// <summary>Which voxels a point reads.</summary>
public enum InterpolationKind
{
    /// <summary>The voxel that holds the point, with weight 1; none where that is not active.</summary>
    Nearest,

    /// <summary>The 2^D voxels whose values stand around the point, with weights that are linear along each axis.</summary>
    Linear,
}
