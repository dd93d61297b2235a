using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A submanifold sparse convolution: PyTorch's convolution of the dense twin with stride 1 and padding "same", read at
/// the input's own sites.
/// </summary>
public abstract class SubMConvNd : SparseConvolution
{
    private protected SubMConvNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        long groups,
        bool bias,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype) => reset_parameters();

    private protected override ConvolutionDirection Direction => ConvolutionDirection.FineToCoarse;

    private protected override CoordinateMap OutputSites(CoordinateMap input) => input;

    private protected override PerAxis OutputStride(CoordinateMap input) => input.Stride;

    private protected override PerAxis? OutputShape(CoordinateMap input) => input.SpatialShape;
}

/// <summary>A submanifold sparse convolution over 1 axis; see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv1d : SubMConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; the stride is 1, kernel_size may be any KernelShape, and the padding centres
    /// it: a list of offsets counts from the site itself.
    /// </summary>
    public SubMConv1d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv1d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(1, kernel_size, dilation),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>A submanifold sparse convolution over 2 axes; see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv2d : SubMConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; the stride is 1, kernel_size may be any KernelShape, and the padding centres
    /// it: a list of offsets counts from the site itself.
    /// </summary>
    public SubMConv2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv2d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(2, kernel_size, dilation),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>A submanifold sparse convolution over 3 axes; see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv3d : SubMConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; the stride is 1, kernel_size may be any KernelShape, and the padding centres
    /// it: a list of offsets counts from the site itself.
    /// </summary>
    public SubMConv3d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv3d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(3, kernel_size, dilation),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>A submanifold sparse convolution over 4 axes (space and time); see <see cref="SubMConvNd"/>.</summary>
public sealed class SubMConv4d : SubMConvNd
{
    /// <summary>
    /// Parameters as in torch.nn.Conv3d; the stride is 1, kernel_size may be any KernelShape, and the padding centres
    /// it: a list of offsets counts from the site itself.
    /// </summary>
    public SubMConv4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SubMConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Submanifold(4, kernel_size, dilation),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <content>Submanifold convolutions.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A submanifold sparse convolution over 1 axis; see <see cref="SubMConv1d"/>.</summary>
        public static SubMConv1d SubMConv1d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, dilation, groups, bias, device, dtype);

        /// <summary>A submanifold sparse convolution over 2 axes; see <see cref="SubMConv2d"/>.</summary>
        public static SubMConv2d SubMConv2d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, dilation, groups, bias, device, dtype);

        /// <summary>A submanifold sparse convolution over 3 axes; see <see cref="SubMConv3d"/>.</summary>
        public static SubMConv3d SubMConv3d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, dilation, groups, bias, device, dtype);

        /// <summary>
        /// A submanifold sparse convolution over 4 axes (space and time); see <see cref="SubMConv4d"/>.
        /// </summary>
        public static SubMConv4d SubMConv4d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, dilation, groups, bias, device, dtype);
    }
}
