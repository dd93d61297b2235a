namespace TorchSharp.SparseConv.Data.Scenes;

// An ellipsoid with vertical axis: solid, or leaves that a ray meets somewhere on its way through.
internal sealed class Ellipsoid(Vec3 center, double radius, double halfHeight, int label, double reflectivity)
    : Solid(center, radius, label, reflectivity)
{
    private const double Step = 0.2; // metres between two chances to meet a leaf

    // How likely a ray meets a leaf within one step; 1 is solid.
    public double Density { get; init; } = 1;

    public override void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        // Stretched upright so that it becomes a sphere.
        var stretch = Radius / halfHeight;
        var direction = ray with { Z = ray.Z * stretch };
        var middle = Center with { Z = Center.Z * stretch };
        var a = Vec3.Dot(direction, direction);
        var b = Vec3.Dot(direction, middle);
        var discriminant = b * b - a * (Vec3.Dot(middle, middle) - Radius * Radius);
        if (discriminant <= 0)
        {
            return;
        }
        var root = Math.Sqrt(discriminant);
        var distance = (b - root) / a;
        var leave = Math.Min((b + root) / a, nearest.Distance);
        if (Density < 1)
        {
            distance += Step * random.Next();
            while (distance < leave && !random.Chance(Density))
            {
                distance += Step;
            }
        }
        if (distance > 0 && distance < leave)
        {
            Take(ref nearest, distance, Density < 1 ? random.Between(0.4, 1) : root / (Radius * Math.Sqrt(a)));
        }
    }
}
