namespace TorchSharp.SparseConv.Core.Tests;

[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class CoordinateMapTests(Backend backend)
{
    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Rows_keep_the_order_given_and_are_found(Case one)
    {
        using var manager = backend.Manager(one.Dimensions);
        var map = manager.Insert(one.Fine);
        var rows = Find(map, one.Fine);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(map.Rows, Is.EqualTo(one.Fine.Length / (1 + one.Dimensions)));
            Assert.That(map.Coordinates(), Is.EqualTo(one.Fine));
            Assert.That(rows, Is.EqualTo(Enumerable.Range(0, rows.Length).Select(row => (long)row)));
            Assert.That(map.Bytes, Is.GreaterThanOrEqualTo(0));
            Assert.That(map.Source, Is.Null);
        }
    }

    [Test]
    public void Absent_coordinates_are_found_at_row_minus_one()
    {
        using var manager = backend.Manager(2);
        var map = manager.Insert([0, -1, 5, 1, 7, 7]);
        int[] wanted = [0, -1, 5, 1, -1, 5, 0, 5, -1, 1, 7, 7, 0, int.MinValue, int.MaxValue, -1, -1, 5, 2, 7, 7];
        var rows = Find(map, wanted);
        Assert.That(rows, Is.EqualTo([0, -1, -1, 1, -1, -1, -1]));
    }

    [Test]
    public void Nothing_is_found_in_an_empty_map()
    {
        using var manager = backend.Manager(3);
        var map = manager.Insert([]);
        var rows = Find(map, [0, 0, 0, 0]);
        Assert.That(rows, Is.EqualTo([-1]));
    }

    [Test]
    public void A_coordinate_that_stands_twice_is_refused_by_name_and_rows()
    {
        using var manager = backend.Manager(3);
        var live = LiveObjects.Settled();
        var refused = Assert.Catch<ArgumentException>(() =>
            manager.Insert([0, 1, 2, 3, 0, 4, 5, 6, 1, 1, 2, 3, 0, -4, -5, -6, 0, 4, 5, 6])
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused?.ParamName, Is.EqualTo("coordinates"));
            Assert.That(refused?.Message, Does.Match(@"0, 4, 5, 6.*\b1\b.*\b4\b"));
            Assert.That(manager.Maps, Is.Empty);
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));
        }
    }

    [Test]
    public void Merging_keeps_each_voxel_once_and_says_where_each_row_went()
    {
        using var manager = backend.Manager(2);
        int[] given = [0, 4, -5, 1, 1, 2, 0, 4, -5, 0, 1, 2, 1, 1, 2];
        var mapRows = new long[5];
        var map = manager.InsertMerged(given, mapRows);
        var kept = map.Coordinates().Chunk(3).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(map.Rows, Is.EqualTo(3));
            Assert.That(mapRows.Select(row => kept[row]), Is.EqualTo(given.Chunk(3)));
        }
    }

    [Test]
    public void Merged_rows_do_not_depend_on_the_order_given()
    {
        var given = Cloud.Draw(3, 3, 500, -9, 9, batches: 2).Chunk(4).ToArray();
        using var manager = backend.Manager(3);
        var first = manager.InsertMerged(given.SelectMany(row => row).ToArray(), new long[500]);
        new Random(4).Shuffle(given);
        var second = manager.InsertMerged(given.SelectMany(row => row).ToArray(), new long[500]);
        Assert.That(second.Coordinates(), Is.EqualTo(first.Coordinates()));
    }

    [Test]
    public void Opposite_corners_of_the_int32_range_are_kept_in_one_dimension()
    {
        using var manager = backend.Manager(1);
        int[] corners = [0, int.MinValue, 0, int.MaxValue, 5, 0];
        var map = manager.Insert(corners);
        var rows = Find(map, corners);
        Assert.That(rows, Is.EqualTo([0, 1, 2]));
    }

    [Test]
    public void A_box_beyond_64_bits_is_refused()
    {
        using var manager = backend.Manager(4);
        const int Low = int.MinValue;
        const int High = int.MaxValue;
        var refused = Assert.Catch<ArgumentException>(() =>
            manager.Insert([0, Low, Low, Low, Low, int.MaxValue, High, High, High, High])
        );
        Assert.That(refused?.ParamName, Is.EqualTo("coordinates"));
    }

    [Test]
    public void Bad_arguments_are_named_with_their_values()
    {
        using var manager = backend.Manager(2);
        manager.Insert([0, 1, 2]);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => manager.Insert([0, 1]), "coordinates", "has 2 elements, must be rows of 3");
            Refused.With(() => manager.Insert([0, 1, 2, -1, 5, 5]), "coordinates", "batch index -1 in row 1");
            Refused.With(() => manager.Insert([0, 1, 2], stride: 0), "stride", "stride is (0, 0)");
            Refused.With(() => manager.Insert([0, 1, 2], stride: (1, 1, 1)), "stride", "must have one value or 2");
            Refused.With(() => manager.Insert([0, 1, 2], spatialShape: 0), "spatialShape", "must be 1 or more");
            Refused.With(
                () => manager.Insert([0, 0, 0, 0, 1, 9], spatialShape: 9),
                "coordinates",
                "voxel (0, 1, 9) in row 1"
            );
            Refused.With(() => manager.Insert([0, -1, 0], spatialShape: 9), "coordinates", "voxel (0, -1, 0) in row 0");
            Refused.With(() => manager.InsertMerged([0, 1, 2], new long[2]), "mapRows", "has 2 elements, must have 1");
            Refused.With(() => _ = backend.Manager(5), "dimensions", "dimensions is 5, must be 1 to 4");
            Assert.That(manager.Maps, Has.Count.EqualTo(1));
        }
    }

    private long[] Find(CoordinateMap map, int[] coordinates)
    {
        var given = new DeviceArray<int>(backend, coordinates);
        var rows = new DeviceArray<long>(backend, coordinates.Length / (1 + map.Dimensions));
        map.Find(given.View, rows.View);
        GC.KeepAlive(given);
        return rows.Host;
    }
}
