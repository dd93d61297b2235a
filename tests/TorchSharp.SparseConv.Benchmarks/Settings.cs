using TorchSharp.SparseConv.Core;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>How a run measures: element type of the features, threads, runs a median is of, and the one case if only one.</summary>
internal sealed record Settings(ScalarType Dtype, int Threads, int Repeats, string? Only)
{
    /// <summary>The element type of weights: that of the features, or Float32 beside 16 bits.</summary>
    public ScalarType WeightDtype => IsHalf ? ScalarType.Float32 : Dtype;

    /// <summary>The engine's name for the features' type.</summary>
    public ElementType ElementType =>
        Dtype switch
        {
            ScalarType.Float64 => ElementType.Float64,
            ScalarType.BFloat16 => ElementType.BFloat16,
            ScalarType.Float16 => ElementType.Float16,
            _ => ElementType.Float32,
        };

    /// <summary>The engine's name for the weights' type.</summary>
    public ElementType WeightElementType => IsHalf ? ElementType.Float32 : ElementType;

    private bool IsHalf => Dtype is ScalarType.BFloat16 or ScalarType.Float16;
}
