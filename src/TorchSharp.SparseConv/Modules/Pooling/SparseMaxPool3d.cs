using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Max pooling over 3 axes; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool3d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool3d: kernel_size may be any KernelShape, the stride is its size where none is given,
    /// dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool3d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool3d),
            KernelGeometry.Create(3, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}
