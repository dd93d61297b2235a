namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Generated voxels: the cells of a cube nearest to a wavy surface, so that they touch as those of a scan do.</summary>
internal static class Surface
{
    /// <summary><paramref name="count"/> voxels of a cube of <paramref name="edge"/> cells, rows (0, x, y, z), ascending.</summary>
    public static Cloud Nearest(string name, int edge, int count)
    {
        var cells = new int[edge * edge * edge];
        var distance = new float[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = i;
            distance[i] = Math.Abs(Height(i, edge));
        }
        Array.Sort(distance, cells);
        Array.Sort(cells, 0, count);
        var rows = new int[4 * count];
        for (var i = 0; i < count; i++)
        {
            (rows[(4 * i) + 1], rows[(4 * i) + 2], rows[(4 * i) + 3]) = Cell(cells[i], edge);
        }

        return new Cloud(name, rows);
    }

    /// <summary>About <paramref name="count"/> voxels of one sheet that grows sideways: two cells a column.</summary>
    public static Cloud Sheet(string name, int count)
    {
        var edge = (int)Math.Ceiling(Math.Sqrt(count / 2.0));
        var rows = new int[8 * edge * edge];
        var at = 0;
        for (var x = 0; x < edge; x++)
        {
            for (var y = 0; y < edge; y++)
            {
                var z = (int)Math.Round(12 * (Math.Sin(x * 0.05) + Math.Cos(y * 0.04)));
                foreach (var layer in (ReadOnlySpan<int>)[z, z + 1])
                {
                    (rows[at + 1], rows[at + 2], rows[at + 3]) = (x, y, layer);
                    at += 4;
                }
            }
        }
        return new Cloud(name, rows);
    }

    /// <summary>The faces of a room of <paramref name="edge"/> cells a side, half as high, with boxes in it.</summary>
    public static Cloud Room(string name, int edge, int pieces)
    {
        var random = new Random(1);
        var cells = new SortedSet<(int X, int Y, int Z)>();
        AddFaces(cells, (0, 0, 0), (edge, edge, edge / 2));
        for (var i = 0; i < pieces; i++)
        {
            var (width, depth, height) = (random.Next(10, 50), random.Next(10, 50), random.Next(10, edge / 2));
            AddFaces(cells, (random.Next(edge - width), random.Next(edge - depth), 0), (width, depth, height));
        }
        return new Cloud(name, [.. cells.SelectMany(cell => (int[])[0, cell.X, cell.Y, cell.Z])]);
    }

    private static void AddFaces(
        SortedSet<(int, int, int)> cells,
        (int X, int Y, int Z) from,
        (int X, int Y, int Z) size
    )
    {
        for (var x = 0; x < size.X; x++)
        {
            for (var y = 0; y < size.Y; y++)
            {
                var side = x == 0 || y == 0 || x == size.X - 1 || y == size.Y - 1;
                for (var z = 0; z < size.Z; z += side ? 1 : size.Z - 1)
                {
                    cells.Add((from.X + x, from.Y + y, from.Z + z));
                }
            }
        }
    }

    private static float Height(int cell, int edge)
    {
        var (x, y, z) = Cell(cell, edge);
        var step = 4 * MathF.PI / edge;
        // A gyroid: one connected surface through the whole cube.
        return (MathF.Sin(step * x) * MathF.Cos(step * y))
            + (MathF.Sin(step * y) * MathF.Cos(step * z))
            + (MathF.Sin(step * z) * MathF.Cos(step * x));
    }

    private static (int X, int Y, int Z) Cell(int cell, int edge) =>
        (cell / (edge * edge), cell / edge % edge, cell % edge);
}
