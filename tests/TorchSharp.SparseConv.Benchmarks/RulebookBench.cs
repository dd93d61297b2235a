using BenchmarkDotNet.Attributes;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Coordinate maps and rulebooks from raw coordinates.</summary>
public class RulebookBench
{
    private static readonly KernelGeometry Submanifold = KernelGeometry.Submanifold(3, 3);
    private static readonly KernelGeometry Halving = KernelGeometry.Create(3, 2, 2);

    /// <summary>The sets at hand.</summary>
    public static IEnumerable<NamedCloud> Clouds => NamedCloud.All;

    /// <summary>The voxels.</summary>
    [ParamsSource(nameof(Clouds))]
    public NamedCloud Cloud { get; set; } = null!;

    /// <summary>The coordinate map alone.</summary>
    [Benchmark]
    public long Insert()
    {
        using var manager = new CoordinateManager(3);
        return manager.Insert(Cloud.Cloud.Coordinates).Rows;
    }

    /// <summary>The map and the 3^3 submanifold rulebook.</summary>
    [Benchmark]
    public long Submanifold3()
    {
        using var manager = new CoordinateManager(3);
        var map = manager.Insert(Cloud.Cloud.Coordinates);
        return manager.Rulebook(map, map, Submanifold).Pairs;
    }

    /// <summary>The map, its level at stride 2, and the 2^3 rulebook between them.</summary>
    [Benchmark]
    public long Kernel2Stride2()
    {
        using var manager = new CoordinateManager(3);
        var fine = manager.Insert(Cloud.Cloud.Coordinates);
        var coarse = manager.Coarsen(fine, Halving, StridedSites.Dilate);
        return manager.Rulebook(coarse, fine, Halving).Pairs;
    }
}
