namespace TorchSharp.SparseConv.Data;

// An object that rays from the origin can hit, with an upright bounding cylinder that most rays miss.
internal abstract class Solid(Vec3 center, double radius, int label, double reflectivity)
{
    public Vec3 Center { get; } = center;

    // The radius of the bounding cylinder in metres.
    public double Radius { get; } = radius;

    public int Label { get; } = label;

    public double Reflectivity { get; } = reflectivity;

    // Whether a ray with the horizontal direction (x, y), of length 1, can hit the object at any elevation.
    public bool IsInColumn(double x, double y)
    {
        var along = x * Center.X + y * Center.Y;
        var across = x * Center.Y - y * Center.X;
        return along > -Radius && Math.Abs(across) <= Radius;
    }

    // Replaces the nearest hit so far if this one is nearer.
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

// An upright box, rotated about the vertical axis. Its walls may have windows, or let a share of the rays pass.
internal sealed class Box(Vec3 center, Vec3 half, double sin, double cos, int label, double reflectivity)
    : Solid(center, Math.Sqrt(half.X * half.X + half.Y * half.Y), label, reflectivity)
{
    // The share of rays that pass, as through a fence.
    public double Openness { get; init; }

    // The spacing of windows along walls and between floors in metres; 0 for none.
    public double WindowSpacing { get; init; }

    public override void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        // The ray in the axes of the box.
        var start = new Vec3(-(cos * Center.X + sin * Center.Y), sin * Center.X - cos * Center.Y, -Center.Z);
        var direction = new Vec3(cos * ray.X + sin * ray.Y, cos * ray.Y - sin * ray.X, ray.Z);
        var (enter, leave, axis) = (double.NegativeInfinity, double.PositiveInfinity, 0);
        if (
            !Slab(start.X, direction.X, half.X, 0, ref enter, ref leave, ref axis)
            || !Slab(start.Y, direction.Y, half.Y, 1, ref enter, ref leave, ref axis)
            || !Slab(start.Z, direction.Z, half.Z, 2, ref enter, ref leave, ref axis)
            || enter <= 0
            || enter >= nearest.Distance
        )
        {
            return;
        }
        if (Openness > 0 && random.Chance(Openness))
        {
            return;
        }
        Take(
            ref nearest,
            enter,
            axis == 0 ? direction.X
                : axis == 1 ? direction.Y
                : direction.Z
        );
        if (WindowSpacing > 0 && axis != 2)
        {
            var place = start + enter * direction;
            if (IsWindow((axis == 0 ? place.Y : place.X) / WindowSpacing, (place.Z + half.Z) / WindowSpacing))
            {
                nearest = nearest with { Reflectivity = 0.3 * Reflectivity, Loss = 0.6 };
            }
        }
    }

    private static bool IsWindow(double along, double up)
    {
        var (across, height) = (along - Math.Floor(along), up - Math.Floor(up));
        return across > 0.3 && across < 0.7 && height > 0.3 && height < 0.75;
    }

    // Narrows the part of the ray that lies between the two faces across one axis. Returns false if nothing is left.
    private static bool Slab(
        double start,
        double direction,
        double half,
        int index,
        ref double enter,
        ref double leave,
        ref int axis
    )
    {
        if (direction == 0)
        {
            return Math.Abs(start) <= half;
        }
        var near = (-half - start) / direction;
        var far = (half - start) / direction;
        if (near > far)
        {
            (near, far) = (far, near);
        }
        if (near > enter)
        {
            enter = near;
            axis = index;
        }
        leave = Math.Min(leave, far);
        return enter <= leave;
    }
}

// The side of an upright cylinder, for poles, trunks and legs.
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

// An ellipsoid with a vertical axis: solid, or leaves that a ray hits somewhere on its way through.
internal sealed class Ellipsoid(Vec3 center, double radius, double halfHeight, int label, double reflectivity)
    : Solid(center, radius, label, reflectivity)
{
    private const double Step = 0.2; // metres between two chances to meet a leaf

    // The probability that a ray hits a leaf within one step; 1 is solid.
    public double Density { get; init; } = 1;

    public override void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        // Stretches the vertical axis so that the ellipsoid becomes a sphere.
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

// The first hit of a ray, and what the scanner measures there.
internal readonly record struct Hit
{
    public required double Distance { get; init; } // along the ray, metres; infinity where nothing was met
    public double Incidence { get; init; } // cosine between ray and normal, 0 to 1
    public int Label { get; init; }
    public double Reflectivity { get; init; } // 0 to 1
    public double Loss { get; init; } // how likely the return is lost, as behind glass

    public static Hit None => new() { Distance = double.PositiveInfinity };
}
