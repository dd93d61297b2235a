using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>The sum of the active values under the kernel, channel by channel.</summary>
public abstract class SparseSumPoolNd : SparsePoolNd
{
    private protected SparseSumPoolNd(string name, KernelGeometry geometry, StridedSites sites)
        : base(name, geometry, sites, PoolingKind.Sum) { }
}

/// <summary>Sum pooling over 1 axis; see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool1d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseSumPool1d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseSumPool1d),
            KernelGeometry.Create(1, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Sum pooling over 2 axes; see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool2d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseSumPool2d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseSumPool2d),
            KernelGeometry.Create(2, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Sum pooling over 3 axes; see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool3d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseSumPool3d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseSumPool3d),
            KernelGeometry.Create(3, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Sum pooling over 4 axes (space and time); see <see cref="SparseSumPoolNd"/>.</summary>
public sealed class SparseSumPool4d : SparseSumPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.AvgPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
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

/// <content>Sum pooling.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Sum pooling over 1 axis; see <see cref="SparseConv.SparseSumPool1d"/>.</summary>
        public static SparseSumPool1d SparseSumPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Sum pooling over 2 axes; see <see cref="SparseConv.SparseSumPool2d"/>.</summary>
        public static SparseSumPool2d SparseSumPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Sum pooling over 3 axes; see <see cref="SparseConv.SparseSumPool3d"/>.</summary>
        public static SparseSumPool3d SparseSumPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Sum pooling over 4 axes (space and time); see <see cref="SparseConv.SparseSumPool4d"/>.</summary>
        public static SparseSumPool4d SparseSumPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);
    }
}
