namespace TorchSharp.SparseConv.Core;

/// <summary>What a pooled row takes of the rows that it is paired with; a row without a pair becomes zero.</summary>
public enum PoolingKind
{
    /// <summary>The largest value of each channel; not-a-number counts as larger than all, and of equal values the lowest row's is taken.</summary>
    Max,

    /// <summary>The sum of each channel.</summary>
    Sum,

    /// <summary>The sum divided by the number of pairs: the active sites under the kernel.</summary>
    Mean,

    /// <summary>The sum divided by the number of taps, active or not.</summary>
    MeanOverVolume,
}
