namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Random changes of a cloud that do not change its meaning: rotation about the vertical axis, flips, scale and jitter.
/// </summary>
public readonly record struct Augmentation
{
    /// <summary>Changes nothing.</summary>
    public static Augmentation None => new() { MinScale = 1, MaxScale = 1 };

    /// <summary>
    /// The usual augmentation for LiDAR segmentation: any heading, a flip of y in half of the cases, a scale within 5
    /// %, and 1 cm of jitter.
    /// </summary>
    public static Augmentation Default =>
        new()
        {
            MaxRotation = MathF.PI,
            FlipProbability = 0.5f,
            MinScale = 0.95f,
            MaxScale = 1.05f,
            Jitter = 0.01f,
        };

    /// <summary>
    /// The largest rotation about the vertical axis, in radians. The angle is uniform between minus and plus this
    /// value.
    /// </summary>
    public float MaxRotation { get; init; }

    /// <summary>The probability that the y axis is flipped, 0 to 1.</summary>
    public float FlipProbability { get; init; }

    /// <summary>The smallest scale of all positions.</summary>
    public float MinScale { get; init; }

    /// <summary>The largest scale of all positions.</summary>
    public float MaxScale { get; init; }

    /// <summary>
    /// The standard deviation of the noise that is added to each coordinate, in metres. Noise is cut off at three
    /// standard deviations.
    /// </summary>
    public float Jitter { get; init; }

    /// <summary>
    /// Returns a changed copy of the cloud. It shares the attributes of the cloud, except normals, which are rotated as
    /// well. The same random state gives the same copy.
    /// </summary>
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
