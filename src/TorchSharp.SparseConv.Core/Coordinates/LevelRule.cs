namespace TorchSharp.SparseConv.Core;

/// <summary>How a level was derived from another.</summary>
internal enum LevelRule
{
    Dilate,
    Downsample,
    Generate,
}
