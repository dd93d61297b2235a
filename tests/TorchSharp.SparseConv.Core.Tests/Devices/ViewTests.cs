namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Coordinates, rows and points by pointer: the same as from spans, and refused by the same names.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class ViewTests(Backend backend)
{
    private CoordinateManager _manager = null!;

    [SetUp]
    public void Make_a_manager() => _manager = backend.Manager(3);

    [TearDown]
    public void Free_it()
    {
        _manager.Dispose();
        _kept.Clear();
    }

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Levels_and_what_is_read_of_them_live_on_the_device(Case one)
    {
        using var manager = backend.Manager(one.Dimensions);
        var given = new DeviceArray<int>(backend, one.Fine);
        var map = manager.Insert(given.View);
        var copy = new DeviceArray<int>(backend, one.Fine.Length);
        var found = new DeviceArray<long>(backend, map.Rows);
        map.CopyCoordinates(copy.View);
        map.Find(given.View, found.View);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(manager.Device, Is.EqualTo((int)backend));
            Assert.That(map.Device, Is.EqualTo((int)backend));
            Assert.That(copy.Host, Is.EqualTo(one.Fine));
            Assert.That(map.Coordinates(), Is.EqualTo(one.Fine));
            Assert.That(found.Host, Is.EqualTo(Enumerable.Range(0, (int)map.Rows)));
        }
    }

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Bounds_are_those_of_the_coordinates(Case one)
    {
        using var scene = new Scene(one, backend);
        foreach (var map in new[] { scene.Fine, scene.Coarse })
        {
            var columns = Enumerable.Range(0, 1 + one.Dimensions);
            var rows = map.Coordinates().Chunk(1 + one.Dimensions).ToArray();
            var (low, high) = map.Bounds();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(low, Is.EqualTo(columns.Select(i => rows.Select(row => row[i]).DefaultIfEmpty(0).Min())));
                Assert.That(high, Is.EqualTo(columns.Select(i => rows.Select(row => row[i]).DefaultIfEmpty(-1).Max())));
            }
        }
    }

    [Test]
    public void Merging_says_where_each_row_went()
    {
        int[] given = [0, 4, 4, 4, 0, 1, 1, 1, 0, 4, 4, 4, 1, 0, 0, 0];
        var rows = new DeviceArray<long>(backend, 4);
        var map = _manager.InsertMerged(new DeviceArray<int>(backend, given).View, rows.View, batchSize: 2);
        var kept = map.Coordinates().Chunk(4).ToArray();
        Assert.That(rows.Host.Select(row => kept[row]), Is.EqualTo(given.Chunk(4)));
        Assert.That(map.Rows, Is.EqualTo(3));
    }

    [Test]
    public void A_voxel_out_of_range_is_named_and_nothing_is_made()
    {
        var live = LiveObjects.Settled();
        var rows = new DeviceArray<long>(backend, 2);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Insert([0, 0, 0, 0, -1, 0, 0, 0]), "coordinates", "batch index -1 in row 1");
            Refused.With(
                () => Insert([0, 0, 0, 0, 2, 0, 0, 0], 2),
                "coordinates",
                "batch index 2 in row 1, must be in 0..1"
            );
            Refused.With(
                () => Insert([0, 0, 0, 0, 0, 1, 2, 9], shape: 9),
                "coordinates",
                "the voxel (0, 1, 2, 9) in row 1, must lie inside of the spatial shape (9, 9, 9)"
            );
            Refused.With(
                () => _manager.InsertMerged(View([0, 0, 0, 0, 0, -1, 2, 3]), rows.View, spatialShape: 9),
                "coordinates",
                "the voxel (0, -1, 2, 3)"
            );
            Assert.That(_manager.Maps, Is.Empty);
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));
        }
        Assert.That(Insert([1, 8, 8, 8], 2, shape: 9).Rows, Is.EqualTo(1), "the last that is inside");

        CoordinateMap Insert(int[] voxels, int? batchSize = null, PerAxis? shape = null) =>
            _manager.Insert(View(voxels), spatialShape: shape, batchSize: batchSize);
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        var map = _manager.Insert([0, 1, 2, 3]);
        var (one, rows) = (View([0, 1, 2, 3]), new DeviceArray<long>(backend, 1).View);
        var points = new DeviceArray<double>(backend, 3).View;
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => _manager.Insert(one with { Length = 3 }), "coordinates", "must be rows of 4");
            Refused.With(() => _manager.Insert(one with { Data = 0 }), "coordinates", "has no address");
            Refused.With(
                () => _manager.Insert(one with { Device = 7 }),
                "coordinates",
                "is on CUDA device 7, must be on"
            );
            Refused.With(() => map.Find(one, rows with { Length = 2 }), "rows", "has 2 elements, must have 1");
            Refused.With(() => map.Find(one with { Length = 3 }, rows), "coordinates", "must be rows of 4");
            Refused.With(() => map.Find(one, rows with { Device = 7 }), "rows", "CUDA device 7");
            Refused.With(() => map.CopyCoordinates(one with { Length = 8 }), "destination", "must have 4");
            Refused.With(() => Link(points with { Length = 2 }), "points", "must be rows of 3");
            Refused.With(() => Link(points with { Device = 7 }), "points", "CUDA device 7");
            Refused.With(() => Link(points, one), "batch", "has 4 elements, must have one for each of 1 points");
            Refused.With(() => Link(Points(0, double.NaN, 0)), "points", "axis 1");
            Refused.With(() => PointLinks.FromRows(map, Rows(0, 3)), "rowOfPoint", "3, must be -1 to 0");
        }

        PointLinks Link(ArrayView<double> places, ArrayView<int> batch = default) =>
            PointLinks.Create(map, places, batch, InterpolationRule.Linear);
    }

    [Test]
    public void Links_from_memory_of_the_device_are_those_from_spans()
    {
        var map = _manager.Insert([0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
        double[] places = [0.75, 0.5, 0.5, 0.5, 0.5, 0.5];
        using var spans = PointLinks.Create(map, places, [0, 1], InterpolationRule.Linear);
        var batch = new DeviceArray<int>(backend, [0, 1]);
        using var views = PointLinks.Create(map, Points(places), batch.View, InterpolationRule.Linear);
        using var rows = PointLinks.FromRows(map, Rows(2, -1, 0));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(views.Read(), Is.EqualTo(spans.Read()));
            Assert.That(views.Device, Is.EqualTo((int)backend));
            Assert.That(rows.Read().Rows, Is.EqualTo(new long[] { 2, 0 }));
        }
        GC.KeepAlive(batch);
    }

    [Test]
    public void A_matrix_on_another_device_is_refused_with_both_named()
    {
        using var scene = new Scene(Cases.Named("3d_submanifold_3"), backend);
        var problem = new Problem<float>(scene, ConvolutionDirection.FineToCoarse);
        var elsewhere = problem.Weight.View with { Device = 7 };
        var here = backend == Backend.Cpu ? "the CPU" : "CUDA device 0";
        Refused.With(
            () =>
                Convolution.Forward(
                    scene.Rulebook,
                    ConvolutionDirection.FineToCoarse,
                    problem.Input.View,
                    elsewhere,
                    null,
                    problem.GradOutput.View
                ),
            "weight",
            $"weight is on CUDA device 7, must be on {here}"
        );
        Assert.That(scene.Rulebook.Device, Is.EqualTo((int)backend));
    }

    private readonly List<object> _kept = [];

    private ArrayView<int> View(int[] values) => Keep(new DeviceArray<int>(backend, values)).View;

    private ArrayView<double> Points(params double[] values) => Keep(new DeviceArray<double>(backend, values)).View;

    private ArrayView<long> Rows(params long[] values) => Keep(new DeviceArray<long>(backend, values)).View;

    private T Keep<T>(T memory)
        where T : class
    {
        _kept.Add(memory);
        return memory;
    }
}
