namespace TorchSharp.SparseConv;

/// <summary>What a voxel's features are made of: those of the points in it.</summary>
public enum PointReduction
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>
    /// The largest value of each channel; not-a-number counts as larger than all, and of equal values the first point's
    /// gets the gradient.
    /// </summary>
    Max,

    /// <summary>The features of the first point, in the order given.</summary>
    First,

    /// <summary>The features of a point at random, by the seed of the options.</summary>
    Random,
}
