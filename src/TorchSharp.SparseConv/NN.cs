using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Makes the sparse layers members of torch.nn, so that <c>nn.SubMConv3d(...)</c> reads like its neighbours.</summary>
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

        /// <summary>A strided sparse convolution over 4 axes (space and time); see <see cref="SparseConv4d"/>.</summary>
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

        /// <summary>A submanifold sparse convolution over 4 axes (space and time); see <see cref="SubMConv4d"/>.</summary>
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

        /// <summary>A transposed sparse convolution over 4 axes (space and time); see <see cref="SparseConvTranspose4d"/>.</summary>
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

        /// <summary>Sparse and dense modules in a row; see <see cref="SparseConv.SparseSequential"/>.</summary>
        public static SparseSequential SparseSequential(params SparseLayer[] modules) => new(modules);

        /// <summary>Named sparse and dense modules in a row; see <see cref="SparseConv.SparseSequential"/>.</summary>
        public static SparseSequential SparseSequential(params (string name, SparseLayer module)[] modules) =>
            new(modules);

        /// <summary>A row without modules, to append to.</summary>
        public static SparseSequential SparseSequential() => new();

        /// <summary>A sparse U-Net with residual blocks; see <see cref="SparseConv.MinkUNet.Create"/>.</summary>
        public static MinkUNet MinkUNet(
            MinkUNetKind kind,
            long in_channels,
            long out_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => SparseConv.MinkUNet.Create(kind, in_channels, out_channels, width, stem_kernel, dimensions, device, dtype);
    }
}
