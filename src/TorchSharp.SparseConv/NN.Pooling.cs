using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <content>Pooling and up-sampling.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Max pooling over 1 axis; see <see cref="SparseConv.SparseMaxPool1d"/>.</summary>
        public static SparseMaxPool1d SparseMaxPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Average pooling over 1 axis; see <see cref="SparseConv.SparseAvgPool1d"/>.</summary>
        public static SparseAvgPool1d SparseAvgPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Sum pooling over 1 axis; see <see cref="SparseConv.SparseSumPool1d"/>.</summary>
        public static SparseSumPool1d SparseSumPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 2 axes; see <see cref="SparseConv.SparseMaxPool2d"/>.</summary>
        public static SparseMaxPool2d SparseMaxPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Average pooling over 2 axes; see <see cref="SparseConv.SparseAvgPool2d"/>.</summary>
        public static SparseAvgPool2d SparseAvgPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Sum pooling over 2 axes; see <see cref="SparseConv.SparseSumPool2d"/>.</summary>
        public static SparseSumPool2d SparseSumPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 3 axes; see <see cref="SparseConv.SparseMaxPool3d"/>.</summary>
        public static SparseMaxPool3d SparseMaxPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Average pooling over 3 axes; see <see cref="SparseConv.SparseAvgPool3d"/>.</summary>
        public static SparseAvgPool3d SparseAvgPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Sum pooling over 3 axes; see <see cref="SparseConv.SparseSumPool3d"/>.</summary>
        public static SparseSumPool3d SparseSumPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 4 axes (space and time); see <see cref="SparseConv.SparseMaxPool4d"/>.</summary>
        public static SparseMaxPool4d SparseMaxPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Average pooling over 4 axes (space and time); see <see cref="SparseConv.SparseAvgPool4d"/>.</summary>
        public static SparseAvgPool4d SparseAvgPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            AverageDivisor divisor = AverageDivisor.ActiveSites,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, divisor, sites);

        /// <summary>Sum pooling over 4 axes (space and time); see <see cref="SparseConv.SparseSumPool4d"/>.</summary>
        public static SparseSumPool4d SparseSumPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Takes max-pooled values back to where they came from; see <see cref="SparseConv.SparseMaxUnpool"/>.</summary>
        public static SparseMaxUnpool SparseMaxUnpool() => new();

        /// <summary>Nearest up-sampling over any number of axes; see <see cref="SparseConv.SparseUpsample"/>.</summary>
        public static SparseUpsample SparseUpsample(PerAxis scale, TransposedSites sites = TransposedSites.Cached) =>
            new(scale, sites);

        /// <summary>The maximum of each scan; see <see cref="SparseConv.SparseGlobalMaxPool"/>.</summary>
        public static SparseGlobalMaxPool SparseGlobalMaxPool() => new();

        /// <summary>The mean of each scan; see <see cref="SparseConv.SparseGlobalAvgPool"/>.</summary>
        public static SparseGlobalAvgPool SparseGlobalAvgPool() => new();

        /// <summary>The sum of each scan; see <see cref="SparseConv.SparseGlobalSumPool"/>.</summary>
        public static SparseGlobalSumPool SparseGlobalSumPool() => new();
    }
}
