namespace TorchSharp.SparseConv.Core;

/// <summary>What becomes of the weight of the voxels around a point that are not active.</summary>
public enum MissingVoxels
{
    /// <summary>They count as zeros, as in a dense tensor: PyTorch's <c>grid_sample</c> with zeros as padding.</summary>
    Zero,

    /// <summary>The weights of the active ones are divided by their sum, so that a constant stays that constant.</summary>
    Renormalize,
}
