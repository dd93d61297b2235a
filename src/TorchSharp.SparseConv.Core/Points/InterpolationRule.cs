using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>How values on voxels are read at points.</summary>
/// <param name="Kind">Which voxels a point reads.</param>
/// <param name="Missing">
/// How voxels that are not active count; <see cref="InterpolationKind.Nearest"/> ignores it.
/// </param>
/// <param name="Anchor">Where in its voxel a value stands; <see cref="InterpolationKind.Nearest"/> ignores it.</param>
public readonly record struct InterpolationRule(
    InterpolationKind Kind,
    MissingVoxels Missing = MissingVoxels.Renormalize,
    VoxelAnchor Anchor = VoxelAnchor.Center
)
{
    /// <summary>The voxel that holds the point.</summary>
    public static InterpolationRule Nearest => new(InterpolationKind.Nearest);

    /// <summary>Linear between centres, renormalised over the active voxels.</summary>
    public static InterpolationRule Linear => new(InterpolationKind.Linear);

    /// <summary>
    /// Linear between centres, with zeros where nothing is active: PyTorch's <c>grid_sample</c> on the dense tensor.
    /// </summary>
    public static InterpolationRule Dense => new(InterpolationKind.Linear, MissingVoxels.Zero);

    /// <summary>Linear between lowest corners, renormalised: TorchSparse's devoxelization.</summary>
    public static InterpolationRule TorchSparse =>
        new(InterpolationKind.Linear, MissingVoxels.Renormalize, VoxelAnchor.LowestCorner);

    internal double Offset => Anchor == VoxelAnchor.Center ? 0.5 : 0;

    internal void Check(string name)
    {
        Checks.Defined(Kind, name);
        Checks.Defined(Missing, name);
        Checks.Defined(Anchor, name);
    }
}

/// <summary>Which voxels a point reads.</summary>
public enum InterpolationKind
{
    /// <summary>The voxel that holds the point, with weight 1; none where that voxel is not active.</summary>
    Nearest,

    /// <summary>The 2^D voxels whose values surround the point, with weights that are linear along each axis.</summary>
    Linear,
}

/// <summary>How the voxels around a point that are not active count.</summary>
public enum MissingVoxels
{
    /// <summary>
    /// They count as zeros, as in a dense tensor: PyTorch's <c>grid_sample</c> with zeros as padding.
    /// </summary>
    Zero,

    /// <summary>
    /// The weights of the active voxels are divided by their sum, so that a constant stays that constant.
    /// </summary>
    Renormalize,
}

/// <summary>
/// Where in its voxel a value stands when it is interpolated; which voxel holds a point does not depend on it.
/// </summary>
public enum VoxelAnchor
{
    /// <summary>At the voxel's centre: coordinate + 0.5 in units of its level.</summary>
    Center,

    /// <summary>At the voxel's lowest corner, its coordinate, as in TorchSparse and networks trained with it.</summary>
    LowestCorner,
}

/// <summary>
/// How the value of a voxel is computed from the points that are linked to it; a voxel without points becomes zero.
/// </summary>
public enum SplatKind
{
    /// <summary>The sum of the points' features times their weights: the adjoint of interpolation.</summary>
    Sum,

    /// <summary>That sum divided by the sum of the weights.</summary>
    Mean,

    /// <summary>
    /// The largest value of each channel. Not-a-number counts as larger than every number, and the first point wins
    /// among equal values.
    /// </summary>
    Max,
}
