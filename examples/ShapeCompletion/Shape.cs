using System.Numerics;

namespace ShapeCompletion;

/// <summary>
/// The voxels of a surface in a cube of size^3 voxels. Cells are numbered row-major with z fastest; z is up.
/// </summary>
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

    /// <summary>The cells of the surface, ascending.</summary>
    public int[] Cells { get; }

    /// <summary>Returns the cells inside that have a face to the outside or to the border of the cube.</summary>
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

    /// <summary>Returns the voxels of points in the cube from -1 to 1. Points outside are dropped.</summary>
    public static Shape OfPoints(int size, IEnumerable<Vector3> points) =>
        new(
            size,
            points
                .Select(point => (point + Vector3.One) * (size / 2f))
                .Select(at => ((int)MathF.Floor(at.X), (int)MathF.Floor(at.Y), (int)MathF.Floor(at.Z)))
                .Where(at => Holds(at.Item1, at.Item2, at.Item3, size))
                .Select(at => Cell(at.Item1, at.Item2, at.Item3, size))
        );

    /// <summary>The number of a cell.</summary>
    public static int Cell(int x, int y, int z, int size) => (((x * size) + y) * size) + z;

    /// <summary>The coordinates of a cell.</summary>
    public static (int X, int Y, int Z) Split(int cell, int size) =>
        (cell / (size * size), cell / size % size, cell % size);

    /// <summary>The centre of a cell, in the cube from -1 to 1.</summary>
    public static Vector3 Place(int cell, int size)
    {
        var (x, y, z) = Split(cell, size);
        return ((new Vector3(x, y, z) + new Vector3(0.5f)) * (2f / size)) - Vector3.One;
    }

    public bool Contains(int cell) => _mask[cell];

    /// <summary>
    /// Returns the shape with all cells that share a face, an edge or a corner with one of its cells.
    /// </summary>
    public Shape Thickened() =>
        new(Size, Cells.SelectMany(cell => Around(Split(cell, Size))).Select(at => Cell(at.X, at.Y, at.Z, Size)));

    /// <summary>
    /// Returns the cells that a distant camera in a direction sees: cells without another cell in front of them. Cells
    /// within two voxels do not hide each other, because they belong to the same piece of surface.
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

/// <summary>A shape and its seen part.</summary>
internal sealed record Sample(Shape Seen, Shape Truth)
{
    /// <summary>
    /// Removes what cameras at random places above the shape do not see, or what lies behind a random plane.
    /// </summary>
    public static Sample Of(Shape truth, PartialKind kind, Random random)
    {
        IEnumerable<int> seen = kind switch
        {
            PartialKind.OneView => truth.SeenFrom(Camera(random)),
            PartialKind.TwoViews => [.. truth.SeenFrom(Camera(random)), .. truth.SeenFrom(Camera(random))],
            _ => Cut(truth, random),
        };
        return new Sample(new Shape(truth.Size, seen), truth);
    }

    private static IEnumerable<int> Cut(Shape truth, Random random)
    {
        var places = truth.Cells.Select(cell => Shape.Place(cell, truth.Size)).ToArray();
        var middle = places.Aggregate(Vector3.Zero, (sum, place) => sum + place) / Math.Max(places.Length, 1);
        var normal = Camera(random);
        return truth.Cells.Where((_, i) => Vector3.Dot(places[i] - middle, normal) >= 0);
    }

    // Returns a direction from 15 to 60 degrees above the horizon.
    private static Vector3 Camera(Random random)
    {
        var (sin, cos) = MathF.SinCos(MathF.Tau * random.NextSingle());
        var (up, along) = MathF.SinCos(MathF.PI * (15 + (45 * random.NextSingle())) / 180);
        return new Vector3(along * cos, along * sin, up);
    }
}

/// <summary>The part of a shape that the network sees.</summary>
internal enum PartialKind
{
    /// <summary>The part that one distant camera sees.</summary>
    OneView,

    /// <summary>The part that at least one of two distant cameras sees.</summary>
    TwoViews,

    /// <summary>The part on one side of a plane through the middle.</summary>
    Cut,
}
