namespace TorchSharp.SparseConv.Data;

// One turn of a rotating scanner with 64 beams at the elevations of a Velodyne HDL-64E.
internal static class Scanner
{
    private const int Beams = 64;
    private const double MaxRange = 80; // metres
    private const double MinRange = 2.5; // the car itself
    private const double RangeNoise = 0.015; // standard deviation, metres

    private static readonly (double Sin, double Cos)[] Elevations = [.. Enumerable.Range(0, Beams).Select(Elevation)];

    public static PointCloud Scan(Street street, int azimuthSteps, ref SceneRandom random)
    {
        var positions = new List<float>(3 * Beams * azimuthSteps);
        var intensity = new List<float>(Beams * azimuthSteps);
        var labels = new List<int>(Beams * azimuthSteps);
        var inColumn = new List<Solid>();
        var phase = random.Next();
        for (var step = 0; step < azimuthSteps; step++)
        {
            var (y, x) = ExactMath.SinCos(2 * Math.PI * (step + phase) / azimuthSteps);
            inColumn.Clear();
            foreach (var solid in street.Solids)
            {
                if (solid.IsInColumn(x, y))
                {
                    inColumn.Add(solid);
                }
            }
            foreach (var (sin, cos) in Elevations)
            {
                var ray = new Vec3(cos * x, cos * y, sin);
                var hit = Cast(street.Ground, inColumn, ray, ref random);
                if (hit.Distance < MaxRange && hit.Distance > MinRange && !IsLost(hit, ref random))
                {
                    var distance = hit.Distance + RangeNoise * random.Noise();
                    positions.AddRange([
                        (float)(distance * ray.X),
                        (float)(distance * ray.Y),
                        (float)(distance * ray.Z),
                    ]);
                    intensity.Add(Intensity(hit, ref random));
                    labels.Add(hit.Label);
                }
            }
        }
        return new PointCloud([.. positions], [.. intensity], [.. labels]);
    }

    // The upper block goes from +2 to -8.33 degrees in steps of a third, the lower one from -8.83 to -24.33 in steps of
    // a half.
    private static (double Sin, double Cos) Elevation(int beam)
    {
        var degrees = beam < 32 ? 2 - beam / 3.0 : -8.83 - (beam - 32) / 2.0;
        return ExactMath.SinCos(degrees * (Math.PI / 180));
    }

    private static Hit Cast(Ground ground, List<Solid> solids, Vec3 ray, ref SceneRandom random)
    {
        var nearest = Hit.None;
        ground.Meet(ray, ref random, ref nearest);
        foreach (var solid in solids)
        {
            solid.Meet(ray, ref random, ref nearest);
        }
        return nearest;
    }

    // Returns that are far, dark or grazing are lost more often.
    private static bool IsLost(in Hit hit, ref SceneRandom random)
    {
        var far = hit.Distance / MaxRange;
        var weak = far * far * (1 - hit.Reflectivity) * (1 - 0.5 * hit.Incidence);
        return random.Chance(0.02 + 0.9 * weak) || random.Chance(hit.Loss);
    }

    private static float Intensity(in Hit hit, ref SceneRandom random)
    {
        var seen = hit.Reflectivity * (0.4 + 0.6 * hit.Incidence) * (1 - 0.3 * hit.Distance / MaxRange);
        return (float)Math.Clamp(seen + 0.03 * random.Noise(), 0, 1);
    }
}
