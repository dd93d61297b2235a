using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Average pooling over 1 axis; see <see cref="SparseAvgPoolNd"/>.</summary>
public sealed class SparseAvgPool1d : SparseAvgPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool1d: kernel_size may be any KernelShape, the stride is its size where none is given,
    /// dilation is 1 and padding 0; divisor chooses what sums are divided by; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseAvgPool1d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        AverageDivisor divisor = AverageDivisor.ActiveSites,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseAvgPool1d),
            KernelGeometry.Create(1, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            divisor,
            sites
        ) { }
}
