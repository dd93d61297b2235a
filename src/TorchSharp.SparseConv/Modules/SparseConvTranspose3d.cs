using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A transposed sparse convolution over 3 axes; see <see cref="SparseConvTransposeNd"/>.</summary>
public sealed class SparseConvTranspose3d : SparseConvTransposeNd
{
    /// <summary>
    /// Parameters as in torch.nn.ConvTranspose3d; kernel_size may be any KernelShape, sites chooses which fine voxels are written.
    /// </summary>
    public SparseConvTranspose3d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? output_padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        TransposedSites sites = TransposedSites.Cached,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConvTranspose3d),
            in_channels,
            out_channels,
            KernelGeometry.Create(3, kernel_size, stride, dilation, padding),
            output_padding,
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}
