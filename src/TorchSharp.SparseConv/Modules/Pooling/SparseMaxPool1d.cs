using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Max pooling over 1 axis; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool1d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool1d: the stride is the kernel's size where none is given, dilation is 1 and padding 0;
    /// sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool1d(
        PerAxis kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool1d),
            KernelGeometry.Create(1, kernel_size, stride ?? kernel_size, dilation, padding),
            sites
        ) { }
}
