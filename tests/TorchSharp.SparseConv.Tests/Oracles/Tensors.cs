namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Tensors from arrays and back, and how far apart two are.</summary>
internal static class Tensors
{
    internal static torch.Tensor Coordinates(IReadOnlyList<int[]> rows, int dimensions) =>
        torch.tensor(
            rows.SelectMany(row => row).ToArray(),
            new long[] { rows.Count, 1 + dimensions },
            torch.ScalarType.Int32
        );

    internal static int[][] Rows(torch.Tensor coordinates)
    {
        var width = (int)coordinates.shape[1];
        return [.. coordinates.reshape(-1).data<int>().ToArray().Chunk(width)];
    }

    internal static torch.Tensor Random(Random random, torch.ScalarType type, params long[] shape)
    {
        var values = new double[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextDouble()) - 1;
        }

        return torch.tensor(values, shape, torch.ScalarType.Float64).to_type(type);
    }

    /// <summary>The largest deviation over the largest value, 0 for empty tensors.</summary>
    internal static double Deviation(torch.Tensor actual, torch.Tensor expected)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), "shapes");
        if (expected.NumberOfElements == 0)
        {
            return 0;
        }

        using var scope = torch.NewDisposeScope();
        var truth = expected.detach().to_type(torch.ScalarType.Float64);
        var difference = (actual.detach().to_type(torch.ScalarType.Float64) - truth).abs().max().item<double>();
        var largest = truth.abs().max().item<double>();
        return difference / Math.Max(largest, 1e-30);
    }

    /// <summary>The size of the difference, relative to the size of what is expected; of a bias before a norm that is rounding alone.</summary>
    internal static double Error(torch.Tensor actual, torch.Tensor expected)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        using var scope = torch.NewDisposeScope();
        var truth = expected.detach().to_type(torch.ScalarType.Float64);
        var error = (actual.detach().to_type(torch.ScalarType.Float64) - truth).pow(2).sum().item<double>();
        return Math.Sqrt(error / Math.Max(truth.pow(2).sum().item<double>(), 1e-8));
    }

    internal static string Key(IEnumerable<int> row) => string.Join(',', row);
}
