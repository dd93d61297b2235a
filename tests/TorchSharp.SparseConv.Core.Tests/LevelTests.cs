namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Derived levels against brute force, and which level a transposed convolution returns to.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class LevelTests(Backend backend)
{
    public static IEnumerable<Case> Strided =>
        Cases.All.Where(one => one.Sites is CaseSites.Dilate or CaseSites.Downsample);

    [TestCaseSource(nameof(Strided))]
    public void Dilated_sites_are_all_that_a_tap_reaches(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        var coarse = scene.Manager.Coarsen(scene.Fine, scene.Geometry, StridedSites.Dilate);
        int[]? bounds = coarse.SpatialShape is { } shape ? [.. shape] : null;
        SameSites(oracle.Sites(coarse.Coordinates()), oracle.Dilated(one.Fine, bounds));
    }

    [TestCaseSource(nameof(Strided))]
    public void Downsampled_sites_are_the_fine_ones_divided_and_rounded_down(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        var coarse = scene.Manager.Coarsen(scene.Fine, scene.Geometry, StridedSites.Downsample);
        SameSites(oracle.Sites(coarse.Coordinates()), oracle.Downsampled(one.Fine));
    }

    public static IEnumerable<Case> WithRoom =>
        Cases.Small.Where(one => !one.Fine.Contains(int.MinValue) && !one.Fine.Contains(int.MaxValue));

    [TestCaseSource(nameof(WithRoom))]
    public void Generated_sites_are_all_that_a_tap_reaches(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        var fine = scene.Manager.Refine(scene.Coarse, scene.Geometry, TransposedSites.Generate);
        int[]? bounds = fine.SpatialShape is { } shape ? [.. shape] : null;
        var expected = oracle.Generated(scene.Coarse.Coordinates(), bounds);
        using (Assert.EnterMultipleScope())
        {
            SameSites(oracle.Sites(fine.Coordinates()), expected);
            Assert.That(fine.Source, Is.SameAs(scene.Coarse));
            Assert.That(fine.Stride, Is.EqualTo(PerAxis.Repeat(1, one.Dimensions)));
        }
    }

    [TestCase("3d_lowest_coordinates", -2147483649L)]
    [TestCase("3d_highest_coordinates", 2147483648L)]
    public void A_site_beyond_32_bits_is_an_exception_that_names_it(string name, long coordinate)
    {
        using var scene = new Scene(Cases.Named(name), backend);
        Assert.That(
            () => scene.Manager.Refine(scene.Coarse, scene.Geometry, TransposedSites.Generate),
            Throws.InstanceOf<SparseConvException>().With.Message.Contains($"{coordinate}")
        );
        Assert.That(scene.Manager.Maps, Is.EqualTo([scene.Fine]));
    }

    [Test]
    public void Rows_of_a_derived_level_do_not_depend_on_the_order_of_the_fine_ones()
    {
        var rows = Cloud.Draw(3, 3, 400, -9, 9, batches: 2).Chunk(4).ToArray();
        var geometry = KernelGeometry.Create(3, 3, 2, padding: 1);
        using var manager = backend.Manager(3);
        var first = manager.Insert([.. rows.SelectMany(row => row)]);
        new Random(4).Shuffle(rows);
        var second = manager.Insert([.. rows.SelectMany(row => row)]);
        Assert.That(
            manager.Coarsen(second, geometry, StridedSites.Dilate).Coordinates(),
            Is.EqualTo(manager.Coarsen(first, geometry, StridedSites.Dilate).Coordinates())
        );
    }

    [Test]
    public void Strides_multiply_and_spatial_shapes_follow()
    {
        using var manager = backend.Manager(2);
        var fine = manager.Insert([0, 0, 0, 0, 8, 6], spatialShape: (9, 7));
        var dilated = manager.Coarsen(fine, KernelGeometry.Create(2, 3, (2, 3), padding: 1), StridedSites.Dilate);
        var twice = manager.Coarsen(dilated, KernelGeometry.Create(2, 2, 2), StridedSites.Downsample);
        var back = manager.Refine(twice, KernelGeometry.Create(2, 2, 2), TransposedSites.Generate, outputPadding: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(dilated.Stride, Is.EqualTo([2, 3]));
            Assert.That(dilated.SpatialShape, Is.EqualTo(new PerAxis(5, 3)));
            Assert.That(dilated.Source, Is.SameAs(fine));
            Assert.That(twice.Stride, Is.EqualTo([4, 6]));
            Assert.That(twice.SpatialShape, Is.EqualTo(new PerAxis(3, 2)), "rounded up: no voxel is lost");
            Assert.That(back.Stride, Is.EqualTo([2, 3]));
            Assert.That(back.SpatialShape, Is.EqualTo(new PerAxis(7, 5)));
        }
    }

    [Test]
    public void A_tiling_kernel_gives_one_level_for_both_rules()
    {
        using var manager = backend.Manager(3);
        var fine = manager.Insert(Cloud.Draw(1, 3, 50, -5, 5));
        var shaped = manager.Insert(Cloud.Draw(1, 3, 50, 0, 8), spatialShape: 8);
        var odd = manager.Insert(Cloud.Draw(1, 3, 50, 0, 9), spatialShape: 9);
        var tiling = KernelGeometry.Create(3, 2, 2);
        var wider = KernelGeometry.Create(3, 3, 2, padding: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Coarse(fine, tiling, StridedSites.Dilate),
                Is.SameAs(Coarse(fine, tiling, StridedSites.Downsample))
            );
            Assert.That(
                Coarse(shaped, tiling, StridedSites.Dilate),
                Is.SameAs(Coarse(shaped, tiling, StridedSites.Downsample))
            );
            Assert.That(
                Coarse(odd, tiling, StridedSites.Dilate).SpatialShape,
                Is.EqualTo(new PerAxis(4, 4, 4)),
                "a dense convolution drops the last site of an odd shape"
            );
            Assert.That(Coarse(odd, tiling, StridedSites.Downsample).SpatialShape, Is.EqualTo(new PerAxis(5, 5, 5)));
            Assert.That(
                Coarse(fine, wider, StridedSites.Downsample),
                Is.SameAs(Coarse(fine, tiling, StridedSites.Dilate))
            );
            Assert.That(
                Coarse(fine, wider, StridedSites.Dilate),
                Is.Not.SameAs(Coarse(fine, tiling, StridedSites.Dilate))
            );
            Assert.That(Coarse(fine, KernelGeometry.Create(3, 1), StridedSites.Dilate), Is.SameAs(fine));
            Assert.That(Coarse(fine, KernelGeometry.Submanifold(3, 3), StridedSites.Downsample), Is.SameAs(fine));
        }

        CoordinateMap Coarse(CoordinateMap map, KernelGeometry geometry, StridedSites sites) =>
            manager.Coarsen(map, geometry, sites);
    }

    [Test]
    public void Cached_sites_are_those_of_the_nearest_ancestor()
    {
        using var manager = backend.Manager(3);
        var geometry = KernelGeometry.Create(3, 2, 2);
        var other = manager.Insert([0, 9, 9, 9]);
        var one = manager.Insert(Cloud.Draw(1, 3, 50, -5, 5));
        var two = manager.Coarsen(one, geometry, StridedSites.Dilate);
        var four = manager.Coarsen(two, geometry, StridedSites.Dilate);
        var generated = manager.Refine(four, geometry, TransposedSites.Generate);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(manager.Refine(four, geometry, TransposedSites.Cached), Is.SameAs(two));
            Assert.That(manager.Refine(two, geometry, TransposedSites.Cached), Is.SameAs(one), $"not {other}");
            Assert.That(
                manager.Refine(generated, geometry, TransposedSites.Cached),
                Is.SameAs(one),
                "over the coarser one"
            );
            Assert.That(
                manager.Refine(four, KernelGeometry.Create(3, 4, 4), TransposedSites.Cached),
                Is.SameAs(one),
                "two levels at once"
            );
            Assert.That(manager.Refine(two, KernelGeometry.Submanifold(3, 3), TransposedSites.Cached), Is.SameAs(two));
        }
    }

    [Test]
    public void Cached_sites_are_the_only_level_at_the_stride_where_there_is_no_ancestor()
    {
        using var manager = backend.Manager(1);
        var one = manager.Insert([0, 1]);
        var two = manager.Insert([0, 0], stride: 2);
        var geometry = KernelGeometry.Create(1, 2, 2);
        Assert.That(manager.Refine(two, geometry, TransposedSites.Cached), Is.SameAs(one));
        _ = manager.Insert([0, 5]);
        Assert.That(
            () => manager.Refine(two, geometry, TransposedSites.Cached),
            Throws.InvalidOperationException.With.Message.Contains("has 2 of them, must have 1")
        );
    }

    [Test]
    public void Where_no_level_is_cached_the_message_lists_those_that_are()
    {
        using var manager = backend.Manager(1);
        var eight = manager.Insert([0, 1, 0, 2], stride: 8);
        var refused = Assert.Throws<InvalidOperationException>(() =>
            manager.Refine(eight, KernelGeometry.Create(1, 2, 2), TransposedSites.Cached)
        );
        Assert.That(
            refused.Message,
            Does.Contain("none with stride (4)")
                .And.Contains("2 voxels, stride (8)")
                .And.Contains("TransposedSites.Generate")
        );
    }

    [Test]
    public void Strides_that_do_not_work_are_refused()
    {
        using var manager = backend.Manager(1);
        var one = manager.Insert([0, 1]);
        var far = manager.Insert([0, 1], stride: 1 << 30);
        var geometry = KernelGeometry.Create(1, 2, 2);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => manager.Coarsen(far, geometry, StridedSites.Dilate), "geometry", "within 32 bits");
            Refused.With(
                () => manager.Refine(one, geometry, TransposedSites.Generate),
                "coarse",
                "must be a multiple of"
            );
            Refused.With(
                () => manager.Refine(one, geometry, TransposedSites.Cached),
                "coarse",
                "must be a multiple of"
            );
            Refused.With(() => manager.Rulebook(one, one, geometry), "coarse", "has stride (1), must have (2)");
        }
    }

    [Test]
    public void Levels_and_geometries_that_do_not_belong_are_refused()
    {
        using var manager = backend.Manager(2);
        using var stranger = backend.Manager(2);
        var map = manager.Insert([0, 1, 2]);
        var foreign = stranger.Insert([0, 1, 2]);
        var flat = KernelGeometry.Submanifold(2, 3);
        var deep = KernelGeometry.Submanifold(3, 3);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(
                () => manager.Coarsen(foreign, flat, StridedSites.Dilate),
                "fine",
                "another coordinate manager"
            );
            Refused.With(
                () => manager.Refine(foreign, flat, TransposedSites.Cached),
                "coarse",
                "another coordinate manager"
            );
            Refused.With(() => manager.Rulebook(foreign, map, flat), "coarse", "another coordinate manager");
            Refused.With(() => manager.Rulebook(map, foreign, flat), "fine", "another coordinate manager");
            Refused.With(
                () => manager.Coarsen(map, deep, StridedSites.Dilate),
                "geometry",
                "has 3 dimensions, must have"
            );
            Refused.With(
                () => manager.Refine(map, deep, TransposedSites.Cached),
                "geometry",
                "has 3 dimensions, must have"
            );
            Refused.With(() => manager.Rulebook(map, map, deep), "geometry", "has 3 dimensions, must have");
            Refused.With(() => manager.Rulebook(map, map, default), "geometry", "is empty");
            Refused.With(
                () => manager.Coarsen(map, flat, (StridedSites)9),
                "sites",
                "must be one of Dilate, Downsample"
            );
            Refused.With(
                () => manager.Refine(map, flat, (TransposedSites)9),
                "sites",
                "must be one of Cached, Generate"
            );
            Assert.That(() => manager.Rulebook(null!, map, flat), Throws.ArgumentNullException);
        }
    }

    // Is.EquivalentTo compares every pair of elements, which takes seconds here.
    private static void SameSites(Site[] actual, HashSet<Site> expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Count));
        Assert.That(expected.SetEquals(actual), Is.True, "the same sites");
    }
}
