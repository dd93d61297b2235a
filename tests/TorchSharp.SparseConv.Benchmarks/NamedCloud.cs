namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>A cloud as a parameter: shown by its name, with the pairs of its 3^3 submanifold rulebook.</summary>
public sealed class NamedCloud
{
    private static readonly Lazy<NamedCloud[]> Loaded = new(() =>
        [.. Cloud.Defaults().Select(cloud => new NamedCloud(cloud))]
    );

    private NamedCloud(Cloud cloud)
    {
        Cloud = cloud;
        using var manager = new CoordinateManager(3);
        var map = manager.Insert(cloud.Coordinates);
        Pairs = manager.Rulebook(map, map, KernelGeometry.Submanifold(3, 3)).Pairs;
    }

    /// <summary>The sets at hand.</summary>
    public static IEnumerable<NamedCloud> All => Loaded.Value;

    /// <summary>The number of pairs of the rulebook.</summary>
    public long Pairs { get; }

    internal Cloud Cloud { get; }

    /// <inheritdoc/>
    public override string ToString() => Cloud.Name;
}
