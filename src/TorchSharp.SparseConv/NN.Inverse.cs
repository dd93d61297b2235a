using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <content>Inverse convolutions.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Undoes a strided convolution over 1 axis; see <see cref="SparseConv.SparseInverseConv1d"/>.</summary>
        public static SparseInverseConv1d SparseInverseConv1d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>Undoes a strided convolution over 2 axes; see <see cref="SparseConv.SparseInverseConv2d"/>.</summary>
        public static SparseInverseConv2d SparseInverseConv2d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>Undoes a strided convolution over 3 axes; see <see cref="SparseConv.SparseInverseConv3d"/>.</summary>
        public static SparseInverseConv3d SparseInverseConv3d(
            long in_channels,
            long out_channels,
            KernelShape kernel_size,
            long groups = 1,
            bool bias = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, kernel_size, groups, bias, device, dtype);

        /// <summary>Undoes a strided convolution over 4 axes (space and time); see <see cref="SparseConv.SparseInverseConv4d"/>.</summary>
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
