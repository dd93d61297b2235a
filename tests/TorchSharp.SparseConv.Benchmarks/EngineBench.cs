using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Coordinate maps, rulebooks, and convolutions with the rulebook at hand.</summary>
internal static class EngineBench
{
    private static readonly (string Name, KernelGeometry Geometry)[] Kernels =
    [
        ("map_subm3", KernelGeometry.Submanifold(3, 3)),
        ("map_k2s2", KernelGeometry.Create(3, 2, 2)),
        ("map_k3s2", KernelGeometry.Create(3, 3, 2, padding: 1)),
    ];

    /// <summary>Measures one cloud.</summary>
    public static void Run(Session session, Cloud cloud, IEnumerable<(long In, long Out)> channels)
    {
        if (session.Wants("map_insert"))
        {
            session.Measure("map_insert", cloud, () => new Levels(cloud).Dispose());
        }

        foreach (var (name, geometry) in Kernels)
        {
            if (session.Wants(name))
            {
                session.Measure(name, cloud, () => Build(cloud, geometry).Dispose(), Pairs(cloud, geometry));
            }
        }
        foreach (var pair in channels)
        {
            Convolutions(session, cloud, pair);
        }
    }

    private static long Pairs(Cloud cloud, KernelGeometry geometry)
    {
        using var levels = Build(cloud, geometry);
        return levels.Rulebook!.Pairs;
    }

    // Insertion and output sites included.
    private static Levels Build(Cloud cloud, KernelGeometry geometry)
    {
        var levels = new Levels(cloud);
        var submanifold = geometry.Stride == PerAxis.Repeat(1, 3);
        var coarse = submanifold ? levels.Fine : levels.Manager.Coarsen(levels.Fine, geometry, StridedSites.Dilate);
        levels.Rulebook = levels.Manager.Rulebook(coarse, levels.Fine, geometry);
        return levels;
    }

    private static void Convolutions(Session session, Cloud cloud, (long In, long Out) channels)
    {
        using var scope = NewDisposeScope();
        using var layer = nn.SubMConv3d(channels.In, channels.Out, 3, bias: false, dtype: session.Settings.WeightDtype);
        var sites = tensor(cloud.Coordinates).reshape(cloud.Voxels, 4);
        using var x = new SparseTensor(rand(cloud.Voxels, channels.In, session.Settings.Dtype), sites);
        var rulebook = x.manager.Rulebook(x.map, x.map, KernelGeometry.Submanifold(3, 3));
        var gradient = rand(cloud.Voxels, channels.Out, session.Settings.Dtype);
        var size = (rulebook.Pairs, channels.In, channels.Out);
        using (
            var engine = new EngineCall(
                rulebook,
                channels,
                session.Settings.ElementType,
                session.Settings.WeightElementType
            )
        )
        {
            session.MeasureProducts("conv_fwd", cloud, size, 1, engine.Forward);
            session.MeasureProducts("conv_grad_features", cloud, size, 1, engine.BackwardInput);
            session.MeasureProducts("conv_grad_weight", cloud, size, 1, engine.BackwardWeight);
            session.MeasureProducts(
                "conv_bwd",
                cloud,
                size,
                2,
                () =>
                {
                    engine.BackwardInput();
                    engine.BackwardWeight();
                }
            );
        }
        var tracked = x.with_features(x.features.detach().requires_grad_(true));
        session.MeasureProducts(
            "conv_layer_train",
            cloud,
            size,
            3,
            () =>
            {
                using var inner = NewDisposeScope();
                layer.call(tracked).features.backward([gradient]);
            }
        );
        x.manager.Dispose();
    }

    /// <summary>A manager with one level, and one rulebook over it.</summary>
    private sealed class Levels : IDisposable
    {
        public Levels(Cloud cloud) => Fine = Manager.Insert(cloud.Coordinates);

        public CoordinateManager Manager { get; } = new(3);

        public CoordinateMap Fine { get; }

        public Rulebook? Rulebook { get; set; }

        public void Dispose() => Manager.Dispose();
    }
}
