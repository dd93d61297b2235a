namespace TorchSharp.SparseConv.Core;

/// <summary>Which fine sites a transposed convolution writes.</summary>
public enum TransposedSites
{
    /// <summary>The sites that the coarse level was made from, at the stride that the transposed convolution leads to.</summary>
    Cached,

    /// <summary>Every fine site that any coarse site reaches through a tap, inside the spatial shape where there is one.</summary>
    Generate,
}
