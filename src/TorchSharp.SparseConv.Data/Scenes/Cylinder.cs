namespace TorchSharp.SparseConv.Data.Scenes;

// The side of an upright cylinder: poles, trunks, legs.
internal sealed class Cylinder(Vec3 center, double radius, double halfHeight, int label, double reflectivity)
    : Solid(center, radius, label, reflectivity)
{
    public override void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        var a = ray.X * ray.X + ray.Y * ray.Y;
        var b = ray.X * Center.X + ray.Y * Center.Y;
        var c = Center.X * Center.X + Center.Y * Center.Y - Radius * Radius;
        var discriminant = b * b - a * c;
        if (discriminant <= 0 || a == 0)
        {
            return;
        }
        var distance = (b - Math.Sqrt(discriminant)) / a;
        if (distance > 0 && distance < nearest.Distance && Math.Abs(distance * ray.Z - Center.Z) <= halfHeight)
        {
            var (x, y) = (distance * ray.X - Center.X, distance * ray.Y - Center.Y);
            Take(ref nearest, distance, (x * ray.X + y * ray.Y) / Radius);
        }
    }
}
