namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Labelled LiDAR scans that are generated on demand: a 64-beam scanner turns once in a random street. The same seed
/// and index give the same bits on every machine.
/// </summary>
/// <remarks>
/// Labels are the learning classes of SemanticKITTI. Of these, 13 occur; 0 marks points that are not learned.
/// </remarks>
public sealed class GeneratedStreetScenes : IPointCloudDataset
{
    private readonly int _seed;
    private readonly int _azimuthSteps;

    /// <summary>
    /// Makes <paramref name="count"/> scenes. Different seeds give different streets. A scan has up to 64 x
    /// <paramref name="azimuthSteps"/> points, in practice about three quarters of that.
    /// </summary>
    public GeneratedStreetScenes(int seed, int count, int azimuthSteps = 900)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(azimuthSteps, 1);
        _seed = seed;
        _azimuthSteps = azimuthSteps;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => SemanticKittiClasses.Names;

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> ClassColors => SemanticKittiClasses.Colors;

    /// <inheritdoc/>
    public int IgnoreLabel => SemanticKittiClasses.Unlabeled;

    /// <inheritdoc/>
    public string Name(int index) => $"street-{_seed}-{index}";

    /// <inheritdoc/>
    public PointCloud Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var random = new SceneRandom(_seed, index);
        var street = StreetBuilder.Build(ref random);
        return Scanner.Scan(street, _azimuthSteps, ref random);
    }
}

// A street: its ground and the objects on it.
internal sealed class Street(Ground ground, IReadOnlyList<Solid> solids)
{
    public Ground Ground { get; } = ground;

    public IReadOnlyList<Solid> Solids { get; } = solids;
}

// The learning classes of SemanticKITTI that occur in generated streets.
internal static class Label
{
    public const int Unlabeled = 0;
    public const int Car = 1;
    public const int Truck = 4;
    public const int Person = 6;
    public const int Road = 9;
    public const int Parking = 10;
    public const int Sidewalk = 11;
    public const int Building = 13;
    public const int Fence = 14;
    public const int Vegetation = 15;
    public const int Trunk = 16;
    public const int Terrain = 17;
    public const int Pole = 18;
    public const int TrafficSign = 19;
}
