using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A submanifold sparse convolution over 4 axes (space and time); see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv4d : SubMConvNd
{
    /// <summary>Parameters as in torch.nn.Conv3d; the stride is 1 and the padding centres the kernel.</summary>
    public SubMConv4d(
        long in_channels,
        long out_channels,
        PerAxis kernel_size,
        PerAxis? dilation = null,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(4, kernel_size, dilation),
            bias,
            device,
            dtype
        ) { }
}
