namespace Vessels;

/// <summary>
/// Generates angiographies: a branching vessel tree among other things above a threshold, which are blobs, shells of
/// bone and speckle of the same brightness.
/// </summary>
internal static class VesselTrees
{
    private const float Brightest = 250;
    private const double Speckle = 0.01;

    // The numbers of objects in a cube of 64 voxels; smaller cubes have fewer.
    private const int Trees = 4;
    private const int Blobs = 6;
    private const int Shells = 2;
    private const double OfCount = 64;

    /// <summary>Generates a cube of size^3 voxels. The same seed gives the same cube.</summary>
    public static (float[] Intensities, bool[] Truth) Grow(int size, int seed)
    {
        var random = new Random(seed);
        var vessels = new Canvas(size);
        for (var i = 0; i < Count(Trees, size); i++)
        {
            Branch.Root(random, size).Grow(vessels);
        }
        var clutter = new Canvas(size);
        for (var i = 0; i < Count(Blobs, size); i++)
        {
            clutter.Ball(Place(random, size), Between(random, 1.5, 5), Bright(random), hollow: 0);
        }
        for (var i = 0; i < Count(Shells, size); i++)
        {
            var radius = Between(random, 0.1, 0.2) * size;
            clutter.Ball(Place(random, size), radius, Bright(random), hollow: radius - Between(random, 1, 2.5));
        }
        var truth = Array.ConvertAll(vessels.Covered, covered => covered >= 0.5f);
        var intensities = new float[truth.Length];
        for (var cell = 0; cell < intensities.Length; cell++)
        {
            var speckle = random.NextDouble() < Speckle ? (float)(Brightest * Math.Pow(random.NextDouble(), 3)) : 0;
            var ink = Math.Max(vessels.Ink[cell], truth[cell] ? 0 : Math.Max(clutter.Ink[cell], speckle));
            intensities[cell] = ink == 0 ? 0 : Math.Max(1, ink + (float)(random.NextDouble() - 0.5) * 30);
        }
        return (intensities, truth);
    }

    private static int Count(int ofCube, int size) =>
        Math.Max(1, (int)Math.Round(ofCube * Math.Pow(size / OfCount, 3)));

    private static (double Z, double Y, double X) Place(Random random, int size) =>
        (random.NextDouble() * size, random.NextDouble() * size, random.NextDouble() * size);

    private static float Bright(Random random) => (float)Between(random, 60, Brightest);

    private static double Between(Random random, double low, double high) => low + ((high - low) * random.NextDouble());
}

/// <summary>
/// A piece of a vessel. It grows in small steps with small changes of direction, and divides as it gets thin (Murray's
/// law).
/// </summary>
internal sealed class Branch
{
    private const double Step = 0.5;
    private const double Thinnest = 0.75;

    // The cube of the radius is divided: two equal branches have 0.79 of the radius each.
    private const double OfEqualDaughters = 0.7937;

    private readonly Random _random;
    private readonly double _radius;
    private readonly float _brightness;
    private (double Z, double Y, double X) _place;
    private (double Z, double Y, double X) _direction;

    private Branch(
        Random random,
        (double Z, double Y, double X) place,
        (double Z, double Y, double X) direction,
        double radius,
        float brightness
    )
    {
        _random = random;
        _place = place;
        _direction = Unit(direction);
        _radius = radius;
        _brightness = brightness;
    }

    /// <summary>Makes a vessel that enters the cube near the middle of the bottom and grows upwards.</summary>
    public static Branch Root(Random random, int size)
    {
        var (y, x) = ((0.25 + (0.5 * random.NextDouble())) * size, (0.25 + (0.5 * random.NextDouble())) * size);
        var radius = 1.8 + (2.7 * random.NextDouble());
        return new Branch(random, (0, y, x), (1, 0, 0), radius, (float)(110 + (120 * random.NextDouble())));
    }

    /// <summary>Draws this branch and all branches that grow from it.</summary>
    public void Grow(Canvas canvas)
    {
        var length = _radius * (5 + (6 * _random.NextDouble()));
        for (var walked = 0.0; walked < length; walked += Step)
        {
            if (!canvas.Holds(_place))
            {
                return;
            }
            canvas.Ball(_place, _radius, _brightness, hollow: 0);
            Turn(0.06);
            _place = (
                _place.Z + (Step * _direction.Z),
                _place.Y + (Step * _direction.Y),
                _place.X + (Step * _direction.X)
            );
        }
        var share = 0.85 + (0.3 * _random.NextDouble());
        foreach (var daughter in new[] { share, 2 - share })
        {
            var radius = _radius * OfEqualDaughters * Math.Cbrt(daughter);
            if (radius >= Thinnest)
            {
                var branch = new Branch(_random, _place, _direction, radius, _brightness * 0.95f);
                branch.Turn(0.5);
                branch.Grow(canvas);
            }
        }
    }

    private void Turn(double much) =>
        _direction = Unit(
            (_direction.Z + (much * Normal()), _direction.Y + (much * Normal()), _direction.X + (much * Normal()))
        );

    // The sum of three uniform numbers is close enough to a normal distribution.
    private double Normal() => 2 * (_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5);

    private static (double Z, double Y, double X) Unit((double Z, double Y, double X) vector)
    {
        var length = Math.Sqrt((vector.Z * vector.Z) + (vector.Y * vector.Y) + (vector.X * vector.X));
        return (vector.Z / length, vector.Y / length, vector.X / length);
    }
}

/// <summary>A cube of voxels into which balls are drawn. Where balls overlap, the brighter one is visible.</summary>
internal sealed class Canvas(int size)
{
    private const float Faintest = 0.1f;

    // The width of an edge after the blur of a scanner, in voxels.
    private const double Edge = 2;

    /// <summary>The filled share of each voxel, 0 to 1.</summary>
    public float[] Covered { get; } = new float[size * size * size];

    /// <summary>The brightness times the filled share; 0 if almost nothing is filled.</summary>
    public float[] Ink { get; } = new float[size * size * size];

    /// <summary>Whether a place lies in the cube.</summary>
    public bool Holds((double Z, double Y, double X) place) =>
        Math.Min(place.Z, Math.Min(place.Y, place.X)) >= 0 && Math.Max(place.Z, Math.Max(place.Y, place.X)) <= size - 1;

    /// <summary>Draws a ball with a soft edge. It is empty within the radius hollow.</summary>
    public void Ball((double Z, double Y, double X) centre, double radius, float brightness, double hollow)
    {
        var (z0, z1) = Range(centre.Z, radius);
        var (y0, y1) = Range(centre.Y, radius);
        var (x0, x1) = Range(centre.X, radius);
        for (var z = z0; z <= z1; z++)
        {
            for (var y = y0; y <= y1; y++)
            {
                for (var x = x0; x <= x1; x++)
                {
                    var (dz, dy, dx) = (z - centre.Z, y - centre.Y, x - centre.X);
                    var distance = Math.Sqrt((dz * dz) + (dy * dy) + (dx * dx));
                    var outer = Filled(radius - distance);
                    var inner = hollow > 0 ? Filled(hollow - distance) : 0;
                    Fill((((z * size) + y) * size) + x, (float)(outer - inner), brightness);
                }
            }
        }
    }

    // At the edge itself, half is filled.
    private static double Filled(double depth) => Math.Clamp((depth / Edge) + 0.5, 0, 1);

    private void Fill(int cell, float covered, float brightness)
    {
        Covered[cell] = Math.Max(Covered[cell], covered);
        Ink[cell] = Math.Max(Ink[cell], covered < Faintest ? 0 : covered * brightness);
    }

    private (int First, int Last) Range(double centre, double radius) =>
        (
            Math.Max(0, (int)Math.Ceiling(centre - radius - (Edge / 2))),
            Math.Min(size - 1, (int)Math.Floor(centre + radius + (Edge / 2)))
        );
}
