using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Max pooling over 1 axis; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool1d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool1d: kernel_size may be any KernelShape, the stride is its size where none is given,
    /// dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool1d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool1d),
            KernelGeometry.Create(1, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}
