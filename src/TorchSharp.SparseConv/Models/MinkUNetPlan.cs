using System.Globalization;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Everything that tells one network of the MinkUNet family from another; four stages down, then four up.
/// </summary>
internal sealed class MinkUNetPlan
{
    internal const int Stages = 4;

    internal required string Name { get; init; }

    internal required long Input { get; init; }

    internal required long Output { get; init; }

    internal required PerAxis StemKernel { get; init; }

    /// <summary>Convolutions of the stem, 1 or 2.</summary>
    internal int StemLayers { get; init; } = 1;

    internal required long StemPlanes { get; init; }

    /// <summary>Channels out of the convolution that enters each stage.</summary>
    internal required IReadOnlyList<long> Resized { get; init; }

    internal required IReadOnlyList<long> Planes { get; init; }

    internal required IReadOnlyList<int> Blocks { get; init; }

    internal bool IsBottleneck { get; init; }

    internal double NormEpsilon { get; init; } = 1e-5;

    internal double NormMomentum { get; init; } = 0.1;

    internal long Expansion => IsBottleneck ? ResidualBlock.BottleneckExpansion : 1;

    /// <summary>
    /// What <see cref="Of(MinkUNetKind, long, long, double, PerAxis)"/> gives, once the arguments are checked.
    /// </summary>
    internal static MinkUNetPlan Of(
        MinkUNetKind kind,
        long in_channels,
        long out_channels,
        double width,
        PerAxis stemKernel,
        int dimensions
    )
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentException($"kind is {kind}, must be one of MinkUNetKind.", nameof(kind));
        }

        RequireSize(width, dimensions);
        return Of(kind, in_channels, out_channels, width, stemKernel);
    }

    /// <summary>Refuses a width that is not positive and finite, and a number of axes that no layer has.</summary>
    internal static void RequireSize(double width, int dimensions)
    {
        if (!(width > 0) || double.IsInfinity(width))
        {
            throw new ArgumentException($"width is {width}, must be positive and finite.", nameof(width));
        }

        EncoderStages.RequireDimensions(dimensions);
    }

    /// <summary>MinkowskiEngine's networks: a stage down keeps its channels until its first block.</summary>
    internal static MinkUNetPlan Of(MinkUNetKind kind, long input, long output, double width, PerAxis stemKernel)
    {
        long Scale(long planes) => Math.Max(1, (long)(planes * width));
        var bottleneck = kind == MinkUNetKind.MinkUNet50;
        var expansion = bottleneck ? ResidualBlock.BottleneckExpansion : 1;
        long[] planes = [.. new long[] { 32, 64, 128, 256, 256, 128, 96, 96 }.Select(Scale)];
        return new MinkUNetPlan
        {
            Name = kind.ToString(),
            Input = input,
            Output = output,
            StemKernel = stemKernel,
            StemPlanes = Scale(32),
            Planes = planes,
            Resized = [Scale(32), .. planes[..3].Select(count => count * expansion), .. planes[4..]],
            Blocks = kind switch
            {
                MinkUNetKind.MinkUNet14 => [1, 1, 1, 1, 1, 1, 1, 1],
                MinkUNetKind.MinkUNet18 => [2, 2, 2, 2, 2, 2, 2, 2],
                _ => [2, 3, 4, 6, 2, 2, 2, 2],
            },
            IsBottleneck = bottleneck,
        };
    }

    /// <summary>
    /// The weights of most convolutions: no network has fewer. In double, since sizes may be anything.
    /// </summary>
    internal double LeastWeights(int dimensions)
    {
        var stem = StemKernel.Expand(dimensions).Aggregate(1.0, (taps, size) => taps * size);
        var (resize, cube) = (Math.Pow(2, dimensions), Math.Pow(3, dimensions));
        var sum = stem * StemPlanes * (Input + ((StemLayers - 1) * StemPlanes));
        var current = (double)StemPlanes;
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            sum += resize * current * Resized[stage];
            current = (double)Planes[stage] * Expansion;
            var layers = IsBottleneck ? Blocks[stage] : (2 * Blocks[stage]) - 1;
            sum += layers * cube * Planes[stage] * Planes[stage];
            sum += IsBottleneck ? ((2 * Blocks[stage]) - 1) * Planes[stage] * current : 0;
        }

        return sum + (current * Output);
    }

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}: {Input} channels in, {Output} out, stem {StemLayers} x {StemKernel} of {StemPlanes}, planes {string.Join(' ', Planes)}, {(IsBottleneck ? "bottleneck " : "")}blocks {string.Join(' ', Blocks)}, norm eps {NormEpsilon} momentum {NormMomentum}"
        );
}
