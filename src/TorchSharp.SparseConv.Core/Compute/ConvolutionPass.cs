namespace TorchSharp.SparseConv.Core;

/// <summary>Which of the three computations of a convolution.</summary>
public enum ConvolutionPass
{
    /// <summary>The output from input and weight.</summary>
    Forward,

    /// <summary>The gradient of the input from the gradient of the output and the weight.</summary>
    BackwardInput,

    /// <summary>The gradients of weight and bias from the input and the gradient of the output.</summary>
    BackwardWeight,
}
