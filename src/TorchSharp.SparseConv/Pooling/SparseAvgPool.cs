using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The mean of the active values under the kernel, or their sum over the kernel's volume, channel by channel: a choice.
/// Divided by the volume it is PyTorch's avg_pool of the dense twin, read at the output sites.
/// </summary>
public abstract class SparseAvgPoolNd : SparsePoolNd
{
    private protected SparseAvgPoolNd(string name, KernelGeometry geometry, AverageDivisor divisor, StridedSites sites)
        : base(name, geometry, sites, Kinds(divisor)) => this.divisor = divisor;

    /// <summary>What the sums are divided by.</summary>
    public AverageDivisor divisor { get; }

    private static PoolingKind Kinds(AverageDivisor divisor) =>
        divisor switch
        {
            AverageDivisor.ActiveSites => PoolingKind.Mean,
            AverageDivisor.KernelVolume => PoolingKind.MeanOverVolume,
            _ => throw new ArgumentOutOfRangeException(
                nameof(divisor),
                divisor,
                $"divisor is {divisor}, must be ActiveSites or KernelVolume."
            ),
        };
}

/// <summary>Average pooling over 1 axis; see <see cref="SparseAvgPoolNd"/>.</summary>
public sealed class SparseAvgPool1d : SparseAvgPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool1d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; divisor chooses what sums are divided by; sites chooses which coarse voxels
    /// are written.
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

/// <summary>Average pooling over 2 axes; see <see cref="SparseAvgPoolNd"/>.</summary>
public sealed class SparseAvgPool2d : SparseAvgPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool2d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; divisor chooses what sums are divided by; sites chooses which coarse voxels
    /// are written.
    /// </summary>
    public SparseAvgPool2d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        AverageDivisor divisor = AverageDivisor.ActiveSites,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseAvgPool2d),
            KernelGeometry.Create(2, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            divisor,
            sites
        ) { }
}

/// <summary>Average pooling over 3 axes; see <see cref="SparseAvgPoolNd"/>.</summary>
public sealed class SparseAvgPool3d : SparseAvgPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; divisor chooses what sums are divided by; sites chooses which coarse voxels
    /// are written.
    /// </summary>
    public SparseAvgPool3d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        AverageDivisor divisor = AverageDivisor.ActiveSites,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseAvgPool3d),
            KernelGeometry.Create(3, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            divisor,
            sites
        ) { }
}

/// <summary>Average pooling over 4 axes (space and time); see <see cref="SparseAvgPoolNd"/>.</summary>
public sealed class SparseAvgPool4d : SparseAvgPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; divisor chooses what sums are divided by; sites chooses which coarse voxels
    /// are written.
    /// </summary>
    public SparseAvgPool4d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        AverageDivisor divisor = AverageDivisor.ActiveSites,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseAvgPool4d),
            KernelGeometry.Create(4, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            divisor,
            sites
        ) { }
}

/// <summary>What an average pooling divides its sums by.</summary>
public enum AverageDivisor
{
    /// <summary>The number of active voxels under the kernel, as MinkowskiEngine and spconv do.</summary>
    ActiveSites,

    /// <summary>
    /// The number of the kernel's taps, as SparseConvNet and PyTorch's avg_pool with count_include_pad do.
    /// </summary>
    KernelVolume,
}

/// <content>Average pooling.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Average pooling over 1 axis; see <see cref="SparseConv.SparseAvgPool1d"/>.</summary>
        public static SparseAvgPool1d SparseAvgPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Average pooling over 2 axes; see <see cref="SparseConv.SparseAvgPool2d"/>.</summary>
        public static SparseAvgPool2d SparseAvgPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Average pooling over 3 axes; see <see cref="SparseConv.SparseAvgPool3d"/>.</summary>
        public static SparseAvgPool3d SparseAvgPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>
        /// Average pooling over 4 axes (space and time); see <see cref="SparseConv.SparseAvgPool4d"/>.
        /// </summary>
        public static SparseAvgPool4d SparseAvgPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);
    }
}
