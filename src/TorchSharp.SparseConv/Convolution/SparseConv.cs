using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A strided sparse convolution: PyTorch's convolution of the dense twin, read at the sites that
/// <see cref="StridedSites"/> chooses.
/// </summary>
public abstract class SparseConvNd : SparseConvolution
{
    private protected SparseConvNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        long groups,
        bool bias,
        StridedSites sites,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype)
    {
        this.sites = sites;
        reset_parameters();
    }

    /// <summary>Which coarse sites are written.</summary>
    public StridedSites sites { get; }

    private protected override ConvolutionDirection Direction => ConvolutionDirection.FineToCoarse;

    private protected override CoordinateMap OutputSites(CoordinateMap input) =>
        input.Manager.Coarsen(input, Geometry, sites);

    private protected override PerAxis OutputStride(CoordinateMap input) =>
        Strides.Multiply(input.Stride, Geometry.Stride);

    private protected override PerAxis? OutputShape(CoordinateMap input) =>
        input.SpatialShape is { } shape ? Geometry.CoarseShape(shape) : null;
}

/// <summary>A strided sparse convolution over 1 axis; see <see cref="SparseConvNd"/>.</summary>
public sealed class SparseConv1d : SparseConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; kernel_size may be any KernelShape, sites chooses which coarse voxels are
    /// written.
    /// </summary>
    public SparseConv1d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        StridedSites sites = StridedSites.Dilate,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConv1d),
            in_channels,
            out_channels,
            KernelGeometry.Create(1, kernel_size, stride, dilation, padding),
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>A strided sparse convolution over 2 axes; see <see cref="SparseConvNd"/>.</summary>
public sealed class SparseConv2d : SparseConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; kernel_size may be any KernelShape, sites chooses which coarse voxels are
    /// written.
    /// </summary>
    public SparseConv2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        StridedSites sites = StridedSites.Dilate,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConv2d),
            in_channels,
            out_channels,
            KernelGeometry.Create(2, kernel_size, stride, dilation, padding),
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>A strided sparse convolution over 3 axes; see <see cref="SparseConvNd"/>.</summary>
public sealed class SparseConv3d : SparseConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; kernel_size may be any KernelShape, sites chooses which coarse voxels are
    /// written.
    /// </summary>
    public SparseConv3d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        StridedSites sites = StridedSites.Dilate,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConv3d),
            in_channels,
            out_channels,
            KernelGeometry.Create(3, kernel_size, stride, dilation, padding),
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>A strided sparse convolution over 4 axes (space and time); see <see cref="SparseConvNd"/>.</summary>
public sealed class SparseConv4d : SparseConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; kernel_size may be any KernelShape, sites chooses which coarse voxels are
    /// written.
    /// </summary>
    public SparseConv4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        StridedSites sites = StridedSites.Dilate,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Create(4, kernel_size, stride, dilation, padding),
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <content>Strided convolutions.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A strided sparse convolution over 1 axis; see <see cref="SparseConv1d"/>.</summary>
        public static SparseConv1d SparseConv1d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            StridedSites sites = StridedSites.Dilate,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, sites, device, dtype);

        /// <summary>A strided sparse convolution over 2 axes; see <see cref="SparseConv2d"/>.</summary>
        public static SparseConv2d SparseConv2d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            StridedSites sites = StridedSites.Dilate,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, sites, device, dtype);

        /// <summary>A strided sparse convolution over 3 axes; see <see cref="SparseConv3d"/>.</summary>
        public static SparseConv3d SparseConv3d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            StridedSites sites = StridedSites.Dilate,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, sites, device, dtype);

        /// <summary>
        /// A strided sparse convolution over 4 axes (space and time); see <see cref="SparseConv4d"/>.
        /// </summary>
        public static SparseConv4d SparseConv4d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            StridedSites sites = StridedSites.Dilate,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, sites, device, dtype);
    }
}
