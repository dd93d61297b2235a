using System.Numerics;

namespace ShapeCompletion;

/// <summary>The voxels of a surface in a cube of size^3 of them; cells count row-major, z fastest, and z is up.</summary>
internal sealed class Shape
{
    private readonly bool[] _mask;

    public Shape(int size, IEnumerable<int> cells)
    {
        Size = size;
        Cells = [.. cells.Order().Distinct()];
        _mask = new bool[size * size * size];
        foreach (var cell in Cells)
        {
            _mask[cell] = true;
        }
    }

    public int Size { get; }

    /// <summary>Ascending.</summary>
    public int[] Cells { get; }

    /// <summary>The cells that are inside and have a face, or an edge of the cube, to the outside.</summary>
    public static Shape SurfaceOf(int size, Func<Vector3, bool> inside)
    {
        var filled = new bool[size * size * size];
        for (var cell = 0; cell < filled.Length; cell++)
        {
            filled[cell] = inside(Place(cell, size));
        }
        return new Shape(size, Enumerable.Range(0, filled.Length).Where(cell => filled[cell] && IsOpen(cell)));

        bool IsOpen(int cell)
        {
            var (x, y, z) = Split(cell, size);
            return !At(x - 1, y, z)
                || !At(x + 1, y, z)
                || !At(x, y - 1, z)
                || !At(x, y + 1, z)
                || !At(x, y, z - 1)
                || !At(x, y, z + 1);
        }

        bool At(int x, int y, int z) => Holds(x, y, z, size) && filled[Cell(x, y, z, size)];
    }

    /// <summary>The voxels of points in the cube from -1 to 1; what lies outside is dropped.</summary>
    public static Shape OfPoints(int size, IEnumerable<Vector3> points) =>
        new(
            size,
            points
                .Select(point => (point + Vector3.One) * (size / 2f))
                .Select(at => ((int)MathF.Floor(at.X), (int)MathF.Floor(at.Y), (int)MathF.Floor(at.Z)))
                .Where(at => Holds(at.Item1, at.Item2, at.Item3, size))
                .Select(at => Cell(at.Item1, at.Item2, at.Item3, size))
        );

    /// <summary>The cell at a place, row-major.</summary>
    public static int Cell(int x, int y, int z, int size) => (((x * size) + y) * size) + z;

    /// <summary>Where a cell is.</summary>
    public static (int X, int Y, int Z) Split(int cell, int size) =>
        (cell / (size * size), cell / size % size, cell % size);

    /// <summary>The middle of a cell, in the cube from -1 to 1.</summary>
    public static Vector3 Place(int cell, int size)
    {
        var (x, y, z) = Split(cell, size);
        return ((new Vector3(x, y, z) + new Vector3(0.5f)) * (2f / size)) - Vector3.One;
    }

    public bool Contains(int cell) => _mask[cell];

    /// <summary>The cells within a voxel of one of this shape's, by a face, an edge or a corner, and its own.</summary>
    public Shape Thickened() =>
        new(Size, Cells.SelectMany(cell => Around(Split(cell, Size))).Select(at => Cell(at.X, at.Y, at.Z, Size)));

    /// <summary>
    /// The cells that a far camera in some direction sees: no other cell lies before them, but for those within two
    /// voxels, which are the same piece of surface.
    /// </summary>
    public IEnumerable<int> SeenFrom(Vector3 direction)
    {
        const float step = 0.5f;
        foreach (var cell in Cells)
        {
            var (x, y, z) = Split(cell, Size);
            var at = new Vector3(x + 0.5f, y + 0.5f, z + 0.5f) + (2 * direction);
            while (Inside(at) && !_mask[Cell((int)at.X, (int)at.Y, (int)at.Z, Size)])
            {
                at += step * direction;
            }
            if (!Inside(at))
            {
                yield return cell;
            }
        }
    }

    private static bool Holds(int x, int y, int z, int size) =>
        Math.Min(x, Math.Min(y, z)) >= 0 && Math.Max(x, Math.Max(y, z)) < size;

    private bool Inside(Vector3 at) => at.X >= 0 && at.Y >= 0 && at.Z >= 0 && at.X < Size && at.Y < Size && at.Z < Size;

    private IEnumerable<(int X, int Y, int Z)> Around((int X, int Y, int Z) at)
    {
        for (var shift = 0; shift < 27; shift++)
        {
            var (x, y, z) = (at.X + (shift / 9) - 1, at.Y + (shift / 3 % 3) - 1, at.Z + (shift % 3) - 1);
            if (Holds(x, y, z, Size))
            {
                yield return (x, y, z);
            }
        }
    }
}
