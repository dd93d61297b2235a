namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Float64 tensors as arrays of as many dimensions, for oracles in plain loops.</summary>
internal static class Arrays
{
    internal static double[] Vector(torch.Tensor tensor) => tensor.detach().reshape(-1).data<double>().ToArray();

    internal static double[,] Matrix(torch.Tensor tensor)
    {
        var result = new double[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(Vector(tensor), 0, result, 0, result.Length * sizeof(double));
        return result;
    }

    internal static double[,,] Cube(torch.Tensor tensor)
    {
        var result = new double[tensor.shape[0], tensor.shape[1], tensor.shape[2]];
        Buffer.BlockCopy(Vector(tensor), 0, result, 0, result.Length * sizeof(double));
        return result;
    }

    /// <summary>The largest deviation over the largest value of the truth, element by element in row-major order.</summary>
    internal static double Deviation(torch.Tensor actual, Array truth)
    {
        var shape = Enumerable.Range(0, truth.Rank).Select(axis => (long)truth.GetLength(axis));
        Assert.That(actual.shape, Is.EqualTo(shape), "shapes");
        var expected = truth.Cast<double>().ToArray();
        var largest = expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        var difference = Vector(actual).Zip(expected, (left, right) => Math.Abs(left - right)).DefaultIfEmpty(0).Max();
        return difference / Math.Max(largest, 1e-30);
    }
}
