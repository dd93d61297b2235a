using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>An inverse sparse convolution over 4 axes (space and time); see <see cref="SparseInverseConvNd"/>.</summary>
public sealed class SparseInverseConv4d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Create(4, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}
