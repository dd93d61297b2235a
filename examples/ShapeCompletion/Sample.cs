using System.Numerics;

namespace ShapeCompletion;

/// <summary>A shape, and the part of it that is seen.</summary>
internal sealed record Sample(Shape Seen, Shape Truth)
{
    /// <summary>Of a shape, what cameras at random places above it, or a random plane, leave.</summary>
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

    // From 15 to 60 degrees above the horizon.
    private static Vector3 Camera(Random random)
    {
        var (sin, cos) = MathF.SinCos(MathF.Tau * random.NextSingle());
        var (up, along) = MathF.SinCos(MathF.PI * (15 + (45 * random.NextSingle())) / 180);
        return new Vector3(along * cos, along * sin, up);
    }
}
