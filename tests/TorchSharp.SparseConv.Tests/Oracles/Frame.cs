namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// Where the dense twins of a case lie: exactly the spatial shape where it is bounded, else with a margin around the
/// cloud. The fine origin is stride times the coarse one, so that cells meet as coordinates do.
/// </summary>
internal sealed class Frame
{
    internal Frame(Case one, Cloud cloud)
    {
        var axes = Enumerable.Range(0, one.Dimensions).ToArray();
        var margin = one.Bounded ? 0 : one.Margin;
        CoarseOrigin =
        [
            .. axes.Select(axis => (int)Math.Floor((double)cloud.Origin[axis] / one.Stride[axis]) - margin),
        ];
        FineOrigin = [.. axes.Select(axis => one.Stride[axis] * CoarseOrigin[axis])];
        FineShape =
        [
            .. axes.Select(axis =>
                cloud.Origin[axis] - FineOrigin[axis] + cloud.Shape[axis] + (one.Stride[axis] * margin)
            ),
        ];
        CoarseShape =
        [
            .. axes.Select(axis =>
                ((FineShape[axis] + (2 * one.Padding[axis]) - Reach(one, axis) - 1) / one.Stride[axis]) + 1
            ),
        ];
        OutputPadding =
        [
            .. axes.Select(axis =>
                FineShape[axis]
                - (((CoarseShape[axis] - 1) * one.Stride[axis]) - (2 * one.Padding[axis]) + Reach(one, axis) + 1)
            ),
        ];
    }

    internal int[] FineOrigin { get; }

    internal int[] FineShape { get; }

    internal int[] CoarseOrigin { get; }

    internal int[] CoarseShape { get; }

    /// <summary>What the dense transposed convolution needs to come back to the fine shape.</summary>
    internal int[] OutputPadding { get; }

    private static int Reach(Case one, int axis) => one.Dilation[axis] * (one.Kernel[axis] - 1);
}
