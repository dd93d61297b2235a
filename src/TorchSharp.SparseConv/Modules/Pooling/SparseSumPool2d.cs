using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Sum pooling over 2 axes; see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool2d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: the stride is the kernel's size where none is given, dilation is 1 and padding 0;
    /// sites chooses which coarse voxels are written.
    /// </summary>
    public SparseSumPool2d(
        PerAxis kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseSumPool2d),
            KernelGeometry.Create(2, kernel_size, stride ?? kernel_size, dilation, padding),
            sites
        ) { }
}
