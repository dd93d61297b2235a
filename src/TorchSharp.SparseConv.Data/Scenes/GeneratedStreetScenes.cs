namespace TorchSharp.SparseConv.Data;

/// <summary>Labelled LiDAR scans made on the spot: a 64-beam scanner turns once in a random street; the same seed and index give the same bits on every machine.</summary>
/// <remarks>Labels are SemanticKITTI's learning classes, of which 13 occur, and 0 where nothing is to be learned.</remarks>
public sealed class GeneratedStreetScenes : IPointCloudDataset
{
    private readonly int _seed;
    private readonly int _azimuthSteps;

    /// <summary><paramref name="count"/> scenes; different seeds give different streets. A scan has up to 64 x <paramref name="azimuthSteps"/> points, about three quarters of that in practice.</summary>
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

// A street: its ground and everything that stands on it.
internal sealed class Street(Ground ground, IReadOnlyList<Solid> solids)
{
    public Ground Ground { get; } = ground;

    public IReadOnlyList<Solid> Solids { get; } = solids;
}

// SemanticKITTI's learning classes that occur in generated streets.
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
