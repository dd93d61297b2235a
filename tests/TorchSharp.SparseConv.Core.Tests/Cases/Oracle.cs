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
            fine[axis] =
                (_case.Stride[axis] * coarse.Axis(axis)) + (_case.Dilation[axis] * cell[axis]) - _case.Padding[axis];
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
                return null;
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
                    pairs.Add((tap, met, row));
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
                output[(row * problem.Out) + o] = problem.Bias is { } bias ? bias[o] : 0;
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
            bias[entry % problem.Out] += gradOutput[entry];
        return (input, weight, bias);
    }

    private bool Inside(Site site, int[]? bounds) =>
        bounds is null
        || Enumerable.Range(0, _case.Dimensions).All(axis => site.Axis(axis) >= 0 && site.Axis(axis) < bounds[axis]);
}
