using System.Numerics;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace ShapeCompletion;

/// <summary>A source of shapes: generated solids or PLY files.</summary>
internal sealed class ShapeSource
{
    // The share of the cube from -1 to 1 that the largest extent of a shape fills.
    private const float Fill = 0.8f;

    private ShapeSource(string name, Func<Random, Shape> train, Func<Random, Shape> test)
    {
        Name = name;
        Train = train;
        Test = test;
    }

    public string Name { get; }

    /// <summary>Draws a shape for training.</summary>
    public Func<Random, Shape> Train { get; }

    /// <summary>Draws a shape for measuring.</summary>
    public Func<Random, Shape> Test { get; }

    public static ShapeSource Of(CompletionSettings settings)
    {
        if (settings.Folder is not { } folder)
        {
            return new ShapeSource(
                "generated",
                random => GeneratedShapes.Draw(random, settings.Size),
                random => GeneratedShapes.Draw(random, settings.Size)
            );
        }
        var (train, test) = (Read(folder, "train"), Read(folder, "val"));
        return new ShapeSource(
            $"{train.Length} + {test.Length} of {folder}",
            random => Turned(train, random, settings.Size),
            random => Turned(test, random, settings.Size)
        );
    }

    // Rotates a shape about the vertical axis, which is y in the files, as in ShapeNet, and z here.
    private static Shape Turned(Vector3[][] shapes, Random random, int size)
    {
        var turn = Quaternion.CreateFromAxisAngle(Vector3.UnitZ, MathF.Tau * random.NextSingle());
        var points = shapes[random.Next(shapes.Length)];
        return Shape.OfPoints(size, points.Select(point => Vector3.Transform(point, turn)));
    }

    private static Vector3[][] Read(string folder, string part)
    {
        var place = Path.Combine(folder, part);
        string[] files = Directory.Exists(place)
            ? [.. Directory.GetFiles(place, "*.ply").Order(StringComparer.Ordinal)]
            : [];
        return files.Length > 0
            ? Array.ConvertAll(files, ReadShape)
            : throw new UsageException($"--data {folder}: {place} holds no .ply file");
    }

    private static Vector3[] ReadShape(string path)
    {
        var positions = PlyFile.Read(path).FinitePoints().Positions;
        if (positions.Length == 0)
        {
            throw new InvalidDataException($"{path}: holds no point, must have some");
        }
        Vector3[] points =
        [
            .. positions.Chunk(3).Select(position => new Vector3(position[0], -position[2], position[1])),
        ];
        var (low, high) = (points.Aggregate(Vector3.Min), points.Aggregate(Vector3.Max));
        var extent = Math.Max((high - low).X, Math.Max((high - low).Y, (high - low).Z));
        var scale = extent > 0 ? 2 * Fill / extent : 1;
        return Array.ConvertAll(points, point => (point - ((low + high) / 2)) * scale);
    }
}

/// <summary>Generates shapes of one to three solids of different sizes, rotated and slightly tilted.</summary>
internal static class GeneratedShapes
{
    private const int MostSolids = 3;

    // The standard deviation of the tilt in radians.
    private const double Lean = 0.2;

    /// <summary>Returns the surface of a shape in a cube of size^3 voxels. The outermost voxels stay empty.</summary>
    public static Shape Draw(Random random, int size)
    {
        var solids = new List<Solid>();
        for (var i = random.Next(MostSolids); i >= 0; i--)
        {
            solids.Add(Solid(random, solids.Count == 0 ? null : solids[0]));
        }
        var edge = 1 - (2f / size);
        var box = new Vector3(edge);
        return Shape.SurfaceOf(
            size,
            point =>
                Vector3.Min(Vector3.Abs(point), box) == Vector3.Abs(point) && solids.Exists(one => one.Contains(point))
        );
    }

    // The first solid is large and in the middle. The centres of the others lie inside of it.
    private static Solid Solid(Random random, Solid? first)
    {
        var kind = (SolidKind)random.Next(Enum.GetValues<SolidKind>().Length);
        var (low, high) = first is null ? (0.35, 0.7) : (0.2, 0.5);
        var half = Between(random, new Vector3((float)low), new Vector3((float)high));
        if (kind != SolidKind.Box)
        {
            half.Y = half.X; // round about its axis, as one expects of these
        }
        if (kind == SolidKind.Torus)
        {
            half = new Vector3(half.X + 0.15f, half.Y + 0.15f, 0.35f * (half.X + 0.15f));
        }
        var turn = Quaternion.CreateFromYawPitchRoll(
            (float)(Lean * Normal(random)),
            (float)(Lean * Normal(random)),
            (float)(Math.Tau * random.NextDouble())
        );
        var centre = first is null
            ? Between(random, new Vector3(-0.15f), new Vector3(0.15f))
            : first.Centre + Vector3.Transform(Between(random, -first.Half, first.Half), first.Turn);
        return new Solid(kind, centre, turn, half);
    }

    private static Vector3 Between(Random random, Vector3 low, Vector3 high) =>
        low + ((high - low) * new Vector3(random.NextSingle(), random.NextSingle(), random.NextSingle()));

    // The sum of three uniform numbers is close enough to a normal distribution.
    private static double Normal(Random random) =>
        2 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
}

/// <summary>A solid with a centre, a rotation, and half its extent along its own axes.</summary>
internal sealed record Solid(SolidKind Kind, Vector3 Centre, Quaternion Turn, Vector3 Half)
{
    // The radius of the tube of a torus with outer radius 1.
    private const float Tube = 0.35f;

    /// <summary>Whether a point lies inside the solid.</summary>
    public bool Contains(Vector3 point)
    {
        var own = Vector3.Transform(point - Centre, Quaternion.Conjugate(Turn)) / Half;
        var round = MathF.Sqrt((own.X * own.X) + (own.Y * own.Y));
        var height = MathF.Abs(own.Z);
        return Kind switch
        {
            SolidKind.Box => MathF.Max(height, MathF.Max(MathF.Abs(own.X), MathF.Abs(own.Y))) <= 1,
            SolidKind.Sphere => own.Length() <= 1,
            SolidKind.Cylinder => round <= 1 && height <= 1,
            SolidKind.Cone => height <= 1 && round <= (1 - own.Z) / 2,
            _ => float.Hypot(round - (1 - Tube), Tube * own.Z) <= Tube,
        };
    }
}

/// <summary>The kinds of solids that generated shapes consist of.</summary>
internal enum SolidKind
{
    Box,
    Sphere,
    Cylinder,
    Cone,
    Torus,
}
