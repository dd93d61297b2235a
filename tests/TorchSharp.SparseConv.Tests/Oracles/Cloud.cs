namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Random voxels, each once, with features; rows are (batch, d0, d1, ...).</summary>
internal sealed class Cloud
{
    private Cloud(int[][] rows, int batches, int[] origin, int[] shape)
    {
        Rows = rows;
        Batches = batches;
        Origin = origin;
        Shape = shape;
    }

    internal int[][] Rows { get; }

    internal int Batches { get; }

    /// <summary>The smallest coordinate that may occur on each axis.</summary>
    internal int[] Origin { get; }

    /// <summary>The number of coordinates that may occur on each axis.</summary>
    internal int[] Shape { get; }

    internal int Dimensions => Shape.Length;

    internal static Cloud Random(Random random, int[] shape, int[] origin, int batches, int voxels)
    {
        var rows = new HashSet<string>(StringComparer.Ordinal);
        var result = new List<int[]>();
        for (var attempt = 0; attempt < 20 * voxels && result.Count < voxels; attempt++)
        {
            int[] row = [random.Next(batches), .. shape.Select((size, axis) => origin[axis] + random.Next(size))];
            if (rows.Add(string.Join(',', row)))
            {
                result.Add(row);
            }
        }

        return new Cloud([.. result], batches, origin, shape);
    }

    /// <summary>int32 [N, 1 + D].</summary>
    internal torch.Tensor Coordinates() => Tensors.Coordinates(Rows, Dimensions);
}
