using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A submanifold sparse convolution over 2 axes; see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv2d : SubMConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; the stride is 1, kernel_size may be any KernelShape, and the padding centres it: a
    /// list of offsets counts from the site itself.
    /// </summary>
    public SubMConv2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv2d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(2, kernel_size, dilation),
            groups,
            bias,
            device,
            dtype
        ) { }
}
