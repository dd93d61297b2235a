namespace TorchSharp.SparseConv;

/// <summary>How many weights the parts of residual networks have at least, in double, since sizes may be anything.</summary>
internal static class ResNetSize
{
    private static readonly double[] Planes = [64, 128, 256, 512];

    /// <summary>Convolutions of the stem, the strided ones, and those of the blocks but the projections.</summary>
    internal static double Encoder(SparseResNetKind kind, ModelArchitecture architecture)
    {
        var axes = architecture.Dimensions;
        var (resize, cube) = (Math.Pow(2, axes), Math.Pow(3, axes));
        int[] blocks = kind == SparseResNetKind.ResNet18 ? [2, 2, 2, 2] : [3, 4, 6, 3];
        var current = Scaled(Planes[0], architecture);
        var sum = Math.Pow(architecture.StemKernel.Min(), axes) * architecture.InChannels * current;
        for (var stage = 0; stage < Planes.Length; stage++)
        {
            var planes = Scaled(Planes[stage], architecture);
            sum += resize * current * planes;
            current = planes * Expansion(kind);
            sum += IsBottleneck(kind)
                ? blocks[stage] * ((cube * planes * planes) + (planes * current))
                : blocks[stage] * 2 * cube * planes * planes;
        }

        return sum;
    }

    internal static double Classifier(SparseResNetKind kind, ModelArchitecture architecture) =>
        Scaled(Planes[^1], architecture) * Expansion(kind) * architecture.OutChannels;

    /// <summary>The smoothing convolution of each of the four levels.</summary>
    internal static double Pyramid(ModelArchitecture architecture) =>
        Planes.Length * Math.Pow(3, architecture.Dimensions) * architecture.OutChannels * architecture.OutChannels;

    private static double Scaled(double planes, ModelArchitecture architecture) =>
        Math.Max(1, Math.Floor(planes * architecture.Width));

    private static bool IsBottleneck(SparseResNetKind kind) => kind == SparseResNetKind.ResNet50;

    private static double Expansion(SparseResNetKind kind) =>
        IsBottleneck(kind) ? ResidualBlock.BottleneckExpansion : 1;
}
