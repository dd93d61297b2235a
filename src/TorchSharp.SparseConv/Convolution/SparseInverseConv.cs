using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Undoes a strided convolution or pooling: writes the very sites that it read, along its rulebook run backwards.
/// Stride, padding and dilation are those of the layer that made the input's level, which the level remembers; only the
/// kernel's shape is given, and must be that layer's. As a dense layer it is PyTorch's transposed convolution, read at
/// those sites.
/// </summary>
/// <remarks>
/// Throws InvalidOperationException, saying what made the level, where no layer with that kernel did.
/// <see cref="SparseConvolution.Geometry"/> holds the shape alone.
/// </remarks>
public abstract class SparseInverseConvNd : SparseConvolution
{
    private protected SparseInverseConvNd(
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

    private protected override ConvolutionDirection Direction => ConvolutionDirection.CoarseToFine;

    private protected override KernelGeometry Law(CoordinateMap input) => Undone(input).Geometry;

    private protected override CoordinateMap OutputSites(CoordinateMap input) => Undone(input).Fine;

    private protected override PerAxis OutputStride(CoordinateMap input) => Undone(input).Fine.Stride;

    private protected override PerAxis? OutputShape(CoordinateMap input) => Undone(input).Fine.SpatialShape;

    private Rulebook Undone(CoordinateMap input) => input.Manager.InverseRulebook(input, Geometry.Shape);
}

/// <summary>An inverse sparse convolution over 1 axis; see <see cref="SparseInverseConvNd"/>.</summary>
public sealed class SparseInverseConv1d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv1d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv1d),
            in_channels,
            out_channels,
            KernelGeometry.Create(1, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>An inverse sparse convolution over 2 axes; see <see cref="SparseInverseConvNd"/>.</summary>
public sealed class SparseInverseConv2d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv2d),
            in_channels,
            out_channels,
            KernelGeometry.Create(2, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>An inverse sparse convolution over 3 axes; see <see cref="SparseInverseConvNd"/>.</summary>
public sealed class SparseInverseConv3d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv3d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv3d),
            in_channels,
            out_channels,
            KernelGeometry.Create(3, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <summary>
/// An inverse sparse convolution over 4 axes (space and time); see <see cref="SparseInverseConvNd"/>.
/// </summary>
public sealed class SparseInverseConv4d : SparseInverseConvNd
{
    /// <summary>kernel_size: size or KernelShape of the convolution or pooling to undo.</summary>
    public SparseInverseConv4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        long groups = 1,
        bool bias = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseInverseConv4d),
            in_channels,
            out_channels,
            KernelGeometry.Create(4, kernel_size),
            groups,
            bias,
            device,
            dtype
        ) { }
}

/// <content>Inverse convolutions.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>
        /// Undoes a strided convolution over 1 axis; see <see cref="SparseConv.SparseInverseConv1d"/>.
        /// </summary>
        public static SparseInverseConv1d SparseInverseConv1d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>
        /// Undoes a strided convolution over 2 axes; see <see cref="SparseConv.SparseInverseConv2d"/>.
        /// </summary>
        public static SparseInverseConv2d SparseInverseConv2d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>
        /// Undoes a strided convolution over 3 axes; see <see cref="SparseConv.SparseInverseConv3d"/>.
        /// </summary>
        public static SparseInverseConv3d SparseInverseConv3d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>
        /// Undoes a strided convolution over 4 axes (space and time); see <see cref="SparseConv.SparseInverseConv4d"/>.
        /// </summary>
        public static SparseInverseConv4d SparseInverseConv4d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);
    }
}
