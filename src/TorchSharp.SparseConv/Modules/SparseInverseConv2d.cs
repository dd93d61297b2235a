using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>An inverse sparse convolution over 2 axes; see <see cref="SparseInverseConvNd"/>.</summary>
public sealed class SparseInverseConv2d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv2d),
            in_channels,
            out_channels,
            KernelGeometry.Create(2, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}
