namespace TorchSharp.SparseConv.Data.Scenes;

// An upright box turned about the vertical; its walls may have windows, or let a share of the rays through.
internal sealed class Box(Vec3 center, Vec3 half, double sin, double cos, int label, double reflectivity)
    : Solid(center, Math.Sqrt(half.X * half.X + half.Y * half.Y), label, reflectivity)
{
    // Share of rays that pass, as through a fence.
    public double Openness { get; init; }

    // Spacing of windows along walls and between floors, metres; 0 for none.
    public double WindowSpacing { get; init; }

    public override void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        // In the box's own axes: origin -> start, ray -> direction.
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

    // Narrows the stretch of the ray between the two faces across one axis; false where nothing is left.
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
