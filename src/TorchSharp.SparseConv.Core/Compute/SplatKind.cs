namespace TorchSharp.SparseConv.Core;

/// <summary>What a voxel takes of the points that are tied to it; a voxel without any becomes zero.</summary>
public enum SplatKind
{
    /// <summary>The sum of the points' features times their weights: the adjoint of interpolation.</summary>
    Sum,

    /// <summary>That sum divided by the sum of the weights.</summary>
    Mean,

    /// <summary>The largest value of each channel; not-a-number counts as larger than all, and of equal values the first point's is taken.</summary>
    Max,
}
