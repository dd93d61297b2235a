using System.Numerics;

namespace ShapeCompletion;

/// <summary>Shapes of one to three solids: each of its own size, turned, and leaning a little.</summary>
internal static class GeneratedShapes
{
    private const int MostSolids = 3;

    // Radians; of a normal distribution.
    private const double Lean = 0.2;

    /// <summary>The surface of a shape in a cube of size^3 voxels, at most as large as the cube but for its outermost voxels.</summary>
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

    // The first one is large and in the middle; the others begin inside of it and stand out.
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

    // The sum of three uniform numbers is normal enough.
    private static double Normal(Random random) =>
        2 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
}
