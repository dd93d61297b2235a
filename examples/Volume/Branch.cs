namespace Vessels;

/// <summary>A piece of a vessel: it walks on in small steps, turning a little, and divides as it gets thin (Murray's law).</summary>
internal sealed class Branch
{
    private const double Step = 0.5;
    private const double Thinnest = 0.75;

    // The cube of the radius is shared: two equal daughters have 0.79 of it each.
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

    /// <summary>Enters the cube from below, somewhere in the middle, and heads up.</summary>
    public static Branch Root(Random random, int size)
    {
        var (y, x) = ((0.25 + (0.5 * random.NextDouble())) * size, (0.25 + (0.5 * random.NextDouble())) * size);
        var radius = 1.8 + (2.7 * random.NextDouble());
        return new Branch(random, (0, y, x), (1, 0, 0), radius, (float)(110 + (120 * random.NextDouble())));
    }

    /// <summary>Draws this branch and all that grow from it.</summary>
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

    // The sum of three uniform numbers is normal enough.
    private double Normal() => 2 * (_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5);

    private static (double Z, double Y, double X) Unit((double Z, double Y, double X) vector)
    {
        var length = Math.Sqrt((vector.Z * vector.Z) + (vector.Y * vector.Y) + (vector.X * vector.X));
        return (vector.Z / length, vector.Y / length, vector.X / length);
    }
}
