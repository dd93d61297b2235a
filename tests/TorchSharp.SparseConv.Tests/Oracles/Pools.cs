using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Pooling layers by kind and number of axes, and what they should compute, in loops over all pairs of rows.</summary>
internal static class Pools
{
    internal static SparsePoolNd Layer(
        Case one,
        PoolingKind kind,
        StridedSites sites = StridedSites.Dilate,
        KernelShape? shape = null
    )
    {
        var (size, stride) = (shape ?? Layers.Axes(one.Kernel), Layers.Axes(one.Stride));
        var (padding, dilation) = (Layers.Axes(one.Padding), Layers.Axes(one.Dilation));
        var divisor = kind == PoolingKind.Mean ? AverageDivisor.ActiveSites : AverageDivisor.KernelVolume;
        return (kind, one.Dimensions) switch
        {
            (PoolingKind.Max, 1) => new SparseMaxPool1d(size, stride, padding, dilation, sites),
            (PoolingKind.Max, 2) => new SparseMaxPool2d(size, stride, padding, dilation, sites),
            (PoolingKind.Max, 3) => new SparseMaxPool3d(size, stride, padding, dilation, sites),
            (PoolingKind.Max, 4) => new SparseMaxPool4d(size, stride, padding, dilation, sites),
            (PoolingKind.Sum, 1) => new SparseSumPool1d(size, stride, padding, dilation, sites),
            (PoolingKind.Sum, 2) => new SparseSumPool2d(size, stride, padding, dilation, sites),
            (PoolingKind.Sum, 3) => new SparseSumPool3d(size, stride, padding, dilation, sites),
            (PoolingKind.Sum, 4) => new SparseSumPool4d(size, stride, padding, dilation, sites),
            (_, 1) => new SparseAvgPool1d(size, stride, padding, dilation, divisor, sites),
            (_, 2) => new SparseAvgPool2d(size, stride, padding, dilation, divisor, sites),
            (_, 3) => new SparseAvgPool3d(size, stride, padding, dilation, divisor, sites),
            _ => new SparseAvgPool4d(size, stride, padding, dilation, divisor, sites),
        };
    }

    /// <summary>Output and the gradient of sum(output * gradOutput), from the law and the definition of each kind.</summary>
    internal static (double[,] Output, double[,] Gradient) Run(
        BruteForce law,
        PoolingKind kind,
        IReadOnlyList<int[]> input,
        IReadOnlyList<int[]> output,
        double[,] features,
        double[,] gradOutput
    )
    {
        var channels = features.GetLength(1);
        var result = (Output: new double[output.Count, channels], Gradient: new double[input.Count, channels]);
        foreach (var under in law.Pairs(input, output, transposed: false).GroupBy(pair => pair.Output))
        {
            var rows = under.Select(pair => pair.Input).Order().ToArray();
            double divisor =
                kind == PoolingKind.Mean ? rows.Length
                : kind == PoolingKind.MeanOverVolume ? law.Taps
                : 1;
            for (var channel = 0; channel < channels; channel++)
            {
                var c = channel;
                int[] taken = kind == PoolingKind.Max ? [rows.MaxBy(row => features[row, c])] : rows;
                foreach (var row in taken)
                {
                    result.Output[under.Key, c] += features[row, c] / divisor;
                    result.Gradient[row, c] += gradOutput[under.Key, c] / divisor;
                }
            }
        }

        return result;
    }
}
