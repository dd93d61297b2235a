using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Max pooling over 2 axes; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool2d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool2d: kernel_size may be any KernelShape, the stride is its size where none is given,
    /// dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool2d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool2d),
            KernelGeometry.Create(2, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}
