namespace TorchSharp.SparseConv.Core;

/// <summary>How values on voxels are read at points.</summary>
/// <param name="Kind">Which voxels a point reads.</param>
/// <param name="Missing">What becomes of voxels that are not active; <see cref="InterpolationKind.Nearest"/> has nothing to divide.</param>
/// <param name="Anchor">Where in its voxel a value stands; <see cref="InterpolationKind.Nearest"/> does not look at it.</param>
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

    /// <summary>Linear between centres, with zeros where nothing is active: PyTorch's <c>grid_sample</c> on the dense tensor.</summary>
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
