namespace TorchSharp.SparseConv.Core;

/// <summary>The gradients that are wanted of a norm, to be overwritten; null for those that are not.</summary>
/// <param name="Input"><c>[rows, channels]</c>.</param>
/// <param name="Weight"><c>[1, channels]</c>, in Float64 beside features of that type, else in Float32.</param>
/// <param name="Bias">As <paramref name="Weight"/>.</param>
/// <param name="Residual"><c>[rows, channels]</c>.</param>
public readonly record struct NormGradients(
    MatrixView? Input = null,
    MatrixView? Weight = null,
    MatrixView? Bias = null,
    MatrixView? Residual = null
);
