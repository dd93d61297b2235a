using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A strided sparse convolution over 4 axes (space and time); see <see cref="SparseConvNd"/>.</summary>
public sealed class SparseConv4d : SparseConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; kernel_size may be any KernelShape, sites chooses which coarse voxels are written.
    /// </summary>
    public SparseConv4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        StridedSites sites = StridedSites.Dilate,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Create(4, kernel_size, stride, dilation, padding),
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}
