namespace TorchSharp.SparseConv.Data;

// The ground below the scanner: strips along the street (road, parking, sidewalk, terrain), an optional crossing, and
// gentle waves.
internal sealed class Ground
{
    private const double ScannerHeight = 1.73; // as on KITTI's car
    private const double Curb = 0.12;

    public required double Sin { get; init; } // of the street's heading

    public required double Cos { get; init; }

    public required double LaneOffset { get; init; } // of the scanner from the middle of the road, metres to the left

    public required double HalfRoad { get; init; }

    public required double[] Parking { get; init; } // widths right and left of the road; 0 for none

    public required double[] Sidewalk { get; init; }

    public double? CrossingAt { get; init; } // where a second road crosses, along the street

    public double HalfCrossing { get; init; }

    public required double WavePhase { get; init; }

    // Takes coordinates along and across the street, with 0 across in the middle of the road, and a height above the
    // ground.
    public Vec3 Place(double along, double across, double above)
    {
        var y = across - LaneOffset;
        return new Vec3(Cos * along - Sin * y, Sin * along + Cos * y, Height(along, across) + above);
    }

    public bool IsCrossing(double along, double margin) =>
        CrossingAt is { } at && Math.Abs(along - at) < HalfCrossing + margin;

    public void Meet(Vec3 ray, ref SceneRandom random, ref Hit nearest)
    {
        if (ray.Z >= -0.005)
        {
            return;
        }
        // The ground is nearly flat, so that the intersection converges within a few rounds.
        var distance = -ScannerHeight / ray.Z;
        var (along, across) = (0.0, 0.0);
        for (var round = 0; round < 3; round++)
        {
            var (x, y) = (distance * ray.X, distance * ray.Y);
            (along, across) = (Cos * x + Sin * y, Cos * y - Sin * x + LaneOffset);
            distance = Height(along, across) / ray.Z;
        }
        if (distance > 0 && distance < nearest.Distance)
        {
            var (label, reflectivity) = Surface(along, across, ref random);
            nearest = new Hit
            {
                Distance = distance,
                Incidence = -ray.Z,
                Label = label,
                Reflectivity = reflectivity,
            };
        }
    }

    private double Height(double along, double across)
    {
        var wave = 0.08 * ExactMath.Sin(0.11 * along + WavePhase) + 0.05 * ExactMath.Sin(0.17 * across + 2 * WavePhase);
        var side = Math.Abs(across) - HalfRoad - Parking[across > 0 ? 1 : 0];
        var raised = side > 0 && !IsCrossing(along, 0) ? Curb : 0;
        var bumps =
            side > Sidewalk[across > 0 ? 1 : 0] ? 0.05 * ExactMath.Sin(1.3 * along) * ExactMath.Sin(1.1 * across) : 0;
        return wave + raised + bumps - ScannerHeight;
    }

    private (int Label, double Reflectivity) Surface(double along, double across, ref SceneRandom random)
    {
        var side = across > 0 ? 1 : 0;
        var beside = Math.Abs(across) - HalfRoad;
        if (beside < 0 || IsCrossing(along, 0))
        {
            return (Label.Road, IsMarking(along, across, beside) ? 0.7 : 0.22);
        }
        beside -= Parking[side];
        if (beside < 0)
        {
            return (Label.Parking, 0.27);
        }
        if (beside < Sidewalk[side])
        {
            return (Label.Sidewalk, 0.4);
        }
        return (Label.Terrain, random.Between(0.3, 0.5));
    }

    private bool IsMarking(double along, double across, double beside) =>
        !IsCrossing(along, 2)
        && (Math.Abs(across) < 0.08 && along / 9 - Math.Floor(along / 9) < 0.4 || beside > -0.3 && beside < -0.15);
}
