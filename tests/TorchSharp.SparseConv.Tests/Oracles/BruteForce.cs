namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// Sparse convolution by the law alone, fine = stride * coarse + dilation * tap - padding, in loops over all pairs of
/// rows: any list of taps, groups, any number of axes, float64, no production code. Gradients are those of sum(output * gradOutput).
/// </summary>
internal sealed class BruteForce(IReadOnlyList<int[]> taps, int[] stride, int[] dilation, int[] padding, int groups = 1)
{
    /// <summary>A box kernel, whose taps are all of its cells, row-major.</summary>
    internal BruteForce(int[] kernel, int[] stride, int[] dilation, int[] padding)
        : this(TapLists.Box(kernel), stride, dilation, padding) { }

    internal int Taps => taps.Count;

    /// <summary>Every coarse coordinate that a fine one reaches, as keys.</summary>
    internal HashSet<string> Dilate(IReadOnlyList<int[]> fine)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in fine)
        {
            for (var tap = 0; tap < Taps; tap++)
            {
                if (Coarse(row, taps[tap]) is { } coarse)
                {
                    result.Add(Tensors.Key(coarse));
                }
            }
        }

        return result;
    }

    /// <summary>Every fine coordinate that a coarse one reaches, as keys.</summary>
    internal HashSet<string> Generate(IReadOnlyList<int[]> coarse)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in coarse)
        {
            for (var tap = 0; tap < Taps; tap++)
            {
                var position = taps[tap];
                result.Add(
                    Tensors.Key(
                        row.Select(
                            (value, i) =>
                                i == 0
                                    ? value
                                    : (stride[i - 1] * value) + (dilation[i - 1] * position[i - 1]) - padding[i - 1]
                        )
                    )
                );
            }
        }

        return result;
    }

    /// <summary>Output and gradients; reads fine rows and writes coarse ones, or the other way where transposed.</summary>
    internal Result Run(
        IReadOnlyList<int[]> input,
        IReadOnlyList<int[]> output,
        bool transposed,
        double[,] features,
        double[,,] weight,
        double[] bias,
        double[,] gradOutput
    )
    {
        var (perGroup, outputs) = (weight.GetLength(1), weight.GetLength(2));
        var result = new Result(output.Count, input.Count, Taps, perGroup, outputs, groups);
        for (var o = 0; o < output.Count; o++)
        {
            for (var j = 0; j < outputs; j++)
            {
                result.Output[o, j] = bias[j];
                result.Bias[j] += gradOutput[o, j];
            }
        }

        foreach (var (o, i, tap) in Pairs(input, output, transposed))
        {
            for (var b = 0; b < outputs; b++)
            {
                var first = b / (outputs / groups) * perGroup;
                for (var a = 0; a < perGroup; a++)
                {
                    result.Output[o, b] += features[i, first + a] * weight[tap, a, b];
                    result.Features[i, first + a] += gradOutput[o, b] * weight[tap, a, b];
                    result.Weight[tap, a, b] += features[i, first + a] * gradOutput[o, b];
                }
            }
        }

        return result;
    }

    /// <summary>Every (output row, input row, tap) that meet.</summary>
    internal IEnumerable<(int Output, int Input, int Tap)> Pairs(
        IReadOnlyList<int[]> input,
        IReadOnlyList<int[]> output,
        bool transposed
    )
    {
        var (fine, coarse) = transposed ? (output, input) : (input, output);
        var rowOf = coarse.Select((row, i) => (Tensors.Key(row), i)).ToDictionary(StringComparer.Ordinal);
        for (var f = 0; f < fine.Count; f++)
        {
            for (var tap = 0; tap < Taps; tap++)
            {
                if (Coarse(fine[f], taps[tap]) is { } site && rowOf.TryGetValue(Tensors.Key(site), out var c))
                {
                    yield return transposed ? (f, c, tap) : (c, f, tap);
                }
            }
        }
    }

    /// <summary>The coarse row that meets a fine one at a tap, or null where the stride steps over it.</summary>
    private int[]? Coarse(int[] fine, int[] position)
    {
        var coarse = new int[fine.Length];
        coarse[0] = fine[0];
        for (var axis = 0; axis < stride.Length; axis++)
        {
            var scaled = fine[1 + axis] - (dilation[axis] * position[axis]) + padding[axis];
            var site = (int)Math.Floor((double)scaled / stride[axis]);
            if (site * stride[axis] != scaled)
            {
                return null;
            }

            coarse[1 + axis] = site;
        }

        return coarse;
    }

    internal sealed class Result(int outputs, int inputs, int taps, int perGroup, int outChannels, int groups)
    {
        internal double[,] Output { get; } = new double[outputs, outChannels];

        internal double[,] Features { get; } = new double[inputs, perGroup * groups];

        internal double[,,] Weight { get; } = new double[taps, perGroup, outChannels];

        internal double[] Bias { get; } = new double[outChannels];
    }
}
