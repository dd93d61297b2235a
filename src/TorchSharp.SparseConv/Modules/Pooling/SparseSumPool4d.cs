using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Sum pooling over 4 axes (space and time); see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool4d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is given,
    /// dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseSumPool4d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseSumPool4d),
            KernelGeometry.Create(4, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}
