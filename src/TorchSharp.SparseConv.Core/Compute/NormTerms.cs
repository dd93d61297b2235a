namespace TorchSharp.SparseConv.Core;

/// <summary>
/// What a norm knows of each column, <c>[1, channels]</c>, in Float64 beside features of that type, else in Float32.
/// </summary>
/// <param name="Mean">What is subtracted.</param>
/// <param name="Variance">What is divided by, after epsilon was added and the square root taken.</param>
/// <param name="Epsilon">What is added to the variance, 0 or more.</param>
/// <param name="Weight">The scale that follows, or null.</param>
/// <param name="Bias">The shift that follows, or null.</param>
public readonly record struct NormTerms(
    MatrixView Mean,
    MatrixView Variance,
    double Epsilon,
    MatrixView? Weight = null,
    MatrixView? Bias = null
);
