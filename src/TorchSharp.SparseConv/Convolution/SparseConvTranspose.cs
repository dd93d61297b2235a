using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A transposed sparse convolution: PyTorch's transposed convolution of the dense twin, read at the sites that
/// <see cref="TransposedSites"/> chooses.
/// </summary>
public abstract class SparseConvTransposeNd : SparseConvolution
{
    private protected SparseConvTransposeNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        PerAxis? output_padding,
        long groups,
        bool bias,
        TransposedSites sites,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype)
    {
        this.output_padding = (output_padding ?? 0).Expand(geometry.Dimensions);
        this.sites = sites;
        reset_parameters();
    }

    /// <summary>What is added to the spatial shape on each axis, for sites that are generated inside one.</summary>
    public PerAxis output_padding { get; }

    /// <summary>Which fine sites are written.</summary>
    public TransposedSites sites { get; }

    private protected override ConvolutionDirection Direction => ConvolutionDirection.CoarseToFine;

    private protected override CoordinateMap OutputSites(CoordinateMap input) =>
        input.Manager.Refine(input, Geometry, sites, output_padding);

    private protected override PerAxis OutputStride(CoordinateMap input) =>
        Strides.Divide(input.Stride, Geometry.Stride);

    private protected override PerAxis? OutputShape(CoordinateMap input) =>
        input.SpatialShape is { } shape ? Geometry.FineShape(shape, output_padding) : null;
}

/// <summary>A transposed sparse convolution over 1 axis; see <see cref="SparseConvTransposeNd"/>.</summary>
public sealed class SparseConvTranspose1d : SparseConvTransposeNd
{
    /// <summary>
    /// Parameters as in torch.nn.ConvTranspose3d; kernel_size may be any KernelShape, sites chooses which fine voxels
    /// are written.
    /// </summary>
    public SparseConvTranspose1d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? output_padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        TransposedSites sites = TransposedSites.Cached,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConvTranspose1d),
            in_channels,
            out_channels,
            KernelGeometry.Create(1, kernel_size, stride, dilation, padding),
            output_padding,
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>A transposed sparse convolution over 2 axes; see <see cref="SparseConvTransposeNd"/>.</summary>
public sealed class SparseConvTranspose2d : SparseConvTransposeNd
{
    /// <summary>
    /// Parameters as in torch.nn.ConvTranspose3d; kernel_size may be any KernelShape, sites chooses which fine voxels
    /// are written.
    /// </summary>
    public SparseConvTranspose2d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? output_padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        TransposedSites sites = TransposedSites.Cached,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConvTranspose2d),
            in_channels,
            out_channels,
            KernelGeometry.Create(2, kernel_size, stride, dilation, padding),
            output_padding,
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>A transposed sparse convolution over 3 axes; see <see cref="SparseConvTransposeNd"/>.</summary>
public sealed class SparseConvTranspose3d : SparseConvTransposeNd
{
    /// <summary>
    /// Parameters as in torch.nn.ConvTranspose3d; kernel_size may be any KernelShape, sites chooses which fine voxels
    /// are written.
    /// </summary>
    public SparseConvTranspose3d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? output_padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        TransposedSites sites = TransposedSites.Cached,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConvTranspose3d),
            in_channels,
            out_channels,
            KernelGeometry.Create(3, kernel_size, stride, dilation, padding),
            output_padding,
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <summary>
/// A transposed sparse convolution over 4 axes (space and time); see <see cref="SparseConvTransposeNd"/>.
/// </summary>
public sealed class SparseConvTranspose4d : SparseConvTransposeNd
{
    /// <summary>
    /// Parameters as in torch.nn.ConvTranspose3d; kernel_size may be any KernelShape, sites chooses which fine voxels
    /// are written.
    /// </summary>
    public SparseConvTranspose4d(
        long in_channels,
        long out_channels,
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? output_padding = null,
        PerAxis? dilation = null,
        long groups = 1,
        bool bias = true,
        TransposedSites sites = TransposedSites.Cached,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(
            nameof(SparseConvTranspose4d),
            in_channels,
            out_channels,
            KernelGeometry.Create(4, kernel_size, stride, dilation, padding),
            output_padding,
            groups,
            bias,
            sites,
            device,
            dtype
        ) { }
}

/// <content>Transposed convolutions.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A transposed sparse convolution over 1 axis; see <see cref="SparseConvTranspose1d"/>.</summary>
        public static SparseConvTranspose1d SparseConvTranspose1d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? output_padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            TransposedSites sites = TransposedSites.Cached,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                output_padding,
                dilation,
                groups,
                bias,
                sites,
                device,
                dtype
            );

        /// <summary>A transposed sparse convolution over 2 axes; see <see cref="SparseConvTranspose2d"/>.</summary>
        public static SparseConvTranspose2d SparseConvTranspose2d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? output_padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            TransposedSites sites = TransposedSites.Cached,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                output_padding,
                dilation,
                groups,
                bias,
                sites,
                device,
                dtype
            );

        /// <summary>A transposed sparse convolution over 3 axes; see <see cref="SparseConvTranspose3d"/>.</summary>
        public static SparseConvTranspose3d SparseConvTranspose3d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? output_padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            TransposedSites sites = TransposedSites.Cached,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                output_padding,
                dilation,
                groups,
                bias,
                sites,
                device,
                dtype
            );

        /// <summary>
        /// A transposed sparse convolution over 4 axes (space and time); see <see cref="SparseConvTranspose4d"/>.
        /// </summary>
        public static SparseConvTranspose4d SparseConvTranspose4d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? output_padding = null,
            PerAxis? dilation = null,
            long groups = 1,
            bool bias = true,
            TransposedSites sites = TransposedSites.Cached,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                output_padding,
                dilation,
                groups,
                bias,
                sites,
                device,
                dtype
            );
    }
}
