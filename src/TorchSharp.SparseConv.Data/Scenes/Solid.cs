namespace TorchSharp.SparseConv.Data.Scenes;

// One thing that rays from the origin can meet, with an upright bounding cylinder that most rays miss.
internal abstract class Solid(Vec3 center, double radius, int label, double reflectivity)
{
    public Vec3 Center { get; } = center;

    // Of the bounding cylinder, metres.
    public double Radius { get; } = radius;

    public int Label { get; } = label;

    public double Reflectivity { get; } = reflectivity;

    // Whether a ray whose horizontal direction is (x, y), of length 1, can meet it at any elevation.
    public bool IsInColumn(double x, double y)
    {
        var along = x * Center.X + y * Center.Y;
        var across = x * Center.Y - y * Center.X;
        return along > -Radius && Math.Abs(across) <= Radius;
    }

    // Replaces the nearest hit so far where this is nearer.
    public abstract void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest);

    protected void Take(ref Hit nearest, double distance, double incidence) =>
        nearest = new Hit
        {
            Distance = distance,
            Incidence = Math.Abs(incidence),
            Label = Label,
            Reflectivity = Reflectivity,
        };
}
