namespace TorchSharp.SparseConv.Data;

/// <summary>Random changes of a cloud that keep its meaning: rotation about the vertical, flips, scale and jitter of positions.</summary>
public readonly record struct Augmentation
{
    /// <summary>No change at all.</summary>
    public static Augmentation None => new() { MinScale = 1, MaxScale = 1 };

    /// <summary>What LiDAR segmentation usually trains with: any heading, a flip of y half the time, scale within 5 %, 1 cm of jitter.</summary>
    public static Augmentation Default =>
        new()
        {
            MaxRotation = MathF.PI,
            FlipProbability = 0.5f,
            MinScale = 0.95f,
            MaxScale = 1.05f,
            Jitter = 0.01f,
        };

    /// <summary>Rotation about the vertical axis is uniform within plus and minus this angle, in radians.</summary>
    public float MaxRotation { get; init; }

    /// <summary>How often the y axis is mirrored, 0 to 1.</summary>
    public float FlipProbability { get; init; }

    /// <summary>The smallest factor on all positions.</summary>
    public float MinScale { get; init; }

    /// <summary>The largest factor on all positions.</summary>
    public float MaxScale { get; init; }

    /// <summary>Standard deviation of the noise added to each coordinate, in metres; cut off at three of them.</summary>
    public float Jitter { get; init; }

    /// <summary>A changed copy of the cloud; its attributes are shared with it, but for normals, which turn with it. The same random state gives the same copy.</summary>
    public PointCloud Apply(PointCloud cloud, Random random)
    {
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(random);
        var angle = MaxRotation * (2 * random.NextSingle() - 1);
        var flip = random.NextSingle() < FlipProbability ? -1f : 1f;
        var scale = MinScale + (MaxScale - MinScale) * random.NextSingle();
        var (sin, cos) = MathF.SinCos(angle);
        var source = cloud.Positions;
        var result = new float[source.Length];
        for (var i = 0; i < source.Length; i += 3)
        {
            var (x, y) = (source[i], flip * source[i + 1]);
            result[i] = scale * (cos * x - sin * y);
            result[i + 1] = scale * (sin * x + cos * y);
            result[i + 2] = scale * source[i + 2];
        }
        if (Jitter > 0)
        {
            for (var i = 0; i < result.Length; i++)
            {
                result[i] += Jitter * Math.Clamp(Normal(random), -3, 3);
            }
        }
        var changed = cloud.WithPositions(result);
        return cloud.Find(PointAttribute.Normal) is { Components: 3 } normal
            ? changed.With(new PointAttribute(normal.Name, Turned(normal.Values.ToSingle(), sin, cos, flip), 3))
            : changed;
    }

    private static float[] Turned(float[] normals, float sin, float cos, float flip)
    {
        var result = new float[normals.Length];
        for (var i = 0; i < normals.Length; i += 3)
        {
            var (x, y) = (normals[i], flip * normals[i + 1]);
            (result[i], result[i + 1], result[i + 2]) = (cos * x - sin * y, sin * x + cos * y, normals[i + 2]);
        }
        return result;
    }

    // Box and Muller's transform; 1 - u keeps the logarithm finite.
    private static float Normal(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
