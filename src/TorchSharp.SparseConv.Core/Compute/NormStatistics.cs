namespace TorchSharp.SparseConv.Core;

/// <summary>Where the mean and the variance of a norm come from, which says whether gradients flow through them.</summary>
public enum NormStatistics
{
    /// <summary>They are constants, such as running averages.</summary>
    Given,

    /// <summary>They are those of the input.</summary>
    OfInput,
}
