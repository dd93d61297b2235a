namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Where the coarse sites of a case come from.</summary>
public enum CaseSites
{
    Same,
    Dilate,
    Downsample,
    Explicit,
}
