namespace TorchSharp.SparseConv.Data;

// A direction or a place in metres: x ahead, y left, z up, with the scanner at the origin.
internal readonly record struct Vec3(double X, double Y, double Z)
{
    public double Length => Math.Sqrt(Dot(this, this));

    public static Vec3 operator +(Vec3 a, Vec3 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    public static Vec3 operator -(Vec3 a, Vec3 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Vec3 operator *(double s, Vec3 a) => new(s * a.X, s * a.Y, s * a.Z);

    public static double Dot(Vec3 a, Vec3 b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;
}

// Sine and cosine from additions and multiplications alone, which IEEE 754 rounds alike everywhere. Those of the C
// library differ between machines.
internal static class ExactMath
{
    public static (double Sin, double Cos) SinCos(double angle)
    {
        // Reduces the angle to a quarter turn around the nearest multiple of pi / 2, where a short series is exact to
        // 1e-12.
        var quarter = Math.Floor(angle / (Math.PI / 2) + 0.5);
        var x = angle - quarter * (Math.PI / 2);
        var x2 = x * x;
        var sin = x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72 * (1 - x2 / 110 * (1 - x2 / 156))))));
        var cos = 1 - x2 / 2 * (1 - x2 / 12 * (1 - x2 / 30 * (1 - x2 / 56 * (1 - x2 / 90 * (1 - x2 / 132)))));
        return ((long)quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    public static double Sin(double angle) => SinCos(angle).Sin;
}

// Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood 2014), without the C library.
internal struct SceneRandom
{
    private ulong _state;

    public SceneRandom(int seed, int index) => _state = Mix(unchecked(((ulong)(uint)seed << 32) | (uint)index));

    // In [0, 1).
    public double Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
        }
        return (Mix(_state) >> 11) * (1.0 / (1L << 53));
    }

    public double Between(double low, double high) => low + (high - low) * Next();

    public bool Chance(double probability) => Next() < probability;

    // The sum of four uniform numbers, scaled to mean 0 and variance 1, is close enough to a normal distribution.
    public double Noise() => (Next() + Next() + Next() + Next() - 2) * 1.7320508075688772;

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
