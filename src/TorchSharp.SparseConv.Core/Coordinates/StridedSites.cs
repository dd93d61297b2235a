namespace TorchSharp.SparseConv.Core;

/// <summary>Which coarse sites a strided convolution writes.</summary>
public enum StridedSites
{
    /// <summary>Every coarse site that any fine site reaches through a tap, inside the spatial shape where there is one: as a dense convolution.</summary>
    Dilate,

    /// <summary>The coarse site <c>floor(fine / stride)</c> of each fine site, and no other.</summary>
    Downsample,
}
