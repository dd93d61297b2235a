namespace TorchSharp.SparseConv;

/// <summary>What an average pooling divides its sums by.</summary>
public enum AverageDivisor
{
    /// <summary>The number of active voxels under the kernel, as MinkowskiEngine and spconv do.</summary>
    ActiveSites,

    /// <summary>The number of the kernel's taps, as SparseConvNet and PyTorch's avg_pool with count_include_pad do.</summary>
    KernelVolume,
}
