namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>
/// Brute force from the law, <c>fine = stride * coarse + dilation * tap - padding</c>, over dictionaries of coordinates. It
/// uses no type of the library on purpose.
/// </summary>
internal sealed class Oracle
{
    private readonly Case _case;
    private readonly int _columns;

    internal Oracle(Case one)
    {
        _case = one;
        _columns = 1 + one.Dimensions;
        Taps = one.Size.Aggregate(1, (product, size) => product * size);
    }

    internal int Taps { get; }

    /// <summary>The cell of a tap along each axis, row-major, last axis fastest.</summary>
    internal long[] Cell(int tap)
    {
        var cell = new long[_case.Dimensions];
        for (var axis = _case.Dimensions - 1; axis >= 0; axis--)
        {
            cell[axis] = tap % _case.Size[axis];
            tap /= _case.Size[axis];
        }
        return cell;
    }

    internal Site FineOf(Site coarse, long[] cell)
    {
        var fine = new long[_case.Dimensions];
        for (var axis = 0; axis < fine.Length; axis++)
        {
            fine[axis] =
                (_case.Stride[axis] * coarse.Axis(axis)) + (_case.Dilation[axis] * cell[axis]) - _case.Padding[axis];
        }

        return Site.From(coarse.Batch, fine);
    }

    /// <summary>The coarse site that meets a fine one at a tap, or null where the stride does not divide.</summary>
    internal Site? CoarseOf(Site fine, long[] cell)
    {
        var coarse = new long[_case.Dimensions];
        for (var axis = 0; axis < coarse.Length; axis++)
        {
            var scaled = fine.Axis(axis) - (_case.Dilation[axis] * cell[axis]) + _case.Padding[axis];
            if (scaled % _case.Stride[axis] != 0)
            {
                return null;
            }

            coarse[axis] = scaled / _case.Stride[axis];
        }
        return Site.From(fine.Batch, coarse);
    }

    internal Site[] Sites(int[] coordinates) => [.. coordinates.Chunk(_columns).Select(row => Site.From(row))];

    internal HashSet<Site> Dilated(int[] fine, int[]? bounds) =>
        [
            .. from site in Sites(fine)
            from tap in Enumerable.Range(0, Taps)
            let coarse = CoarseOf(site, Cell(tap))
            where coarse is not null && Inside(coarse.Value, bounds)
            select coarse.Value,
        ];

    internal HashSet<Site> Downsampled(int[] fine) =>
        [
            .. Sites(fine)
                .Select(site =>
                    Site.From(
                        site.Batch,
                        [
                            .. Enumerable
                                .Range(0, _case.Dimensions)
                                .Select(axis => (long)Math.Floor((double)site.Axis(axis) / _case.Stride[axis])),
                        ]
                    )
                ),
        ];

    internal HashSet<Site> Generated(int[] coarse, int[]? bounds) =>
        [
            .. from site in Sites(coarse)
            from tap in Enumerable.Range(0, Taps)
            let fine = FineOf(site, Cell(tap))
            where Inside(fine, bounds)
            select fine,
        ];

    /// <summary>Every (tap, fine row, coarse row) that obeys the law, found from the coarse side.</summary>
    internal List<(int Tap, int Fine, int Coarse)> Pairs(int[] fine, int[] coarse)
    {
        var fineRows = Sites(fine).Select((site, row) => (site, row)).ToDictionary(pair => pair.site, pair => pair.row);
        var coarseSites = Sites(coarse);
        var pairs = new List<(int, int, int)>();
        for (var tap = 0; tap < Taps; tap++)
        {
            var cell = Cell(tap);
            for (var row = 0; row < coarseSites.Length; row++)
            {
                if (fineRows.TryGetValue(FineOf(coarseSites[row], cell), out var met))
                {
                    pairs.Add((tap, met, row));
                }
            }
        }
        return pairs;
    }

    /// <summary>output[written] = bias + sum over pairs of input[read] * weight[tap].</summary>
    internal static double[] Forward(OracleProblem problem)
    {
        var output = new double[problem.RowsWritten * problem.Out];
        for (var row = 0; row < problem.RowsWritten; row++)
        {
            for (var o = 0; o < problem.Out; o++)
            {
                output[(row * problem.Out) + o] = problem.Bias is { } bias ? bias[o] : 0;
            }
        }
        problem.Each(
            (read, written, weight, i, o) =>
                output[(written * problem.Out) + o] += problem.Input[(read * problem.In) + i] * problem.Weight[weight]
        );
        return output;
    }

    internal static (double[] Input, double[] Weight, double[] Bias) Backward(
        OracleProblem problem,
        double[] gradOutput
    )
    {
        var input = new double[problem.Input.Length];
        var weight = new double[problem.Weight.Length];
        var bias = new double[problem.Out];
        problem.Each(
            (read, written, cell, i, o) =>
            {
                input[(read * problem.In) + i] += gradOutput[(written * problem.Out) + o] * problem.Weight[cell];
                weight[cell] += gradOutput[(written * problem.Out) + o] * problem.Input[(read * problem.In) + i];
            }
        );
        for (var entry = 0; entry < gradOutput.Length; entry++)
        {
            bias[entry % problem.Out] += gradOutput[entry];
        }

        return (input, weight, bias);
    }

    private bool Inside(Site site, int[]? bounds) =>
        bounds is null
        || Enumerable.Range(0, _case.Dimensions).All(axis => site.Axis(axis) >= 0 && site.Axis(axis) < bounds[axis]);
}

/// <summary>Pairs and numbers of one convolution: input [rows read, In], weight [taps * In, Out], bias [Out].</summary>
internal sealed class OracleProblem
{
    internal delegate void Product(int read, int written, int weight, int i, int o);

    internal required IReadOnlyList<(int Tap, int Read, int Written)> Pairs { get; init; }

    internal required int RowsWritten { get; init; }

    internal required int In { get; init; }

    internal required int Out { get; init; }

    internal required double[] Input { get; init; }

    internal required double[] Weight { get; init; }

    internal double[]? Bias { get; init; }

    /// <summary>Every scalar product of the convolution.</summary>
    internal void Each(Product visit)
    {
        foreach (var (tap, read, written) in Pairs)
        {
            for (var i = 0; i < In; i++)
            {
                for (var o = 0; o < Out; o++)
                {
                    visit(read, written, (((tap * In) + i) * Out) + o, i, o);
                }
            }
        }
    }
}

/// <summary>A voxel of up to four axes as 64-bit numbers, so that no sum of int32 coordinates overflows.</summary>
internal readonly record struct Site(long Batch, long D0, long D1, long D2, long D3)
{
    internal static Site From(ReadOnlySpan<int> row) =>
        new(row[0], row[1], row.Length > 2 ? row[2] : 0, row.Length > 3 ? row[3] : 0, row.Length > 4 ? row[4] : 0);

    internal static Site From(long batch, ReadOnlySpan<long> axes) =>
        new(
            batch,
            axes[0],
            axes.Length > 1 ? axes[1] : 0,
            axes.Length > 2 ? axes[2] : 0,
            axes.Length > 3 ? axes[3] : 0
        );

    internal long Axis(int axis) =>
        axis switch
        {
            0 => D0,
            1 => D1,
            2 => D2,
            _ => D3,
        };
}
