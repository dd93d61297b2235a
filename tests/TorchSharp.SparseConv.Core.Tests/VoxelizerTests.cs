namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class VoxelizerTests
{
    [Test]
    public void A_point_falls_into_the_voxel_below_it()
    {
        using var manager = new CoordinateManager(2);
        float[] points = [0.1f, 0.9f, -0.1f, -1.0f, 0.49f, 0.5f, 1.0f, -0.0f];
        var (map, voxelOfPoint) = Voxelize(manager, points, [], [0.5]);
        var voxels = map.Coordinates().Chunk(3).ToArray();
        int[][] expected =
        [
            [0, 0, 1],
            [0, -1, -2],
            [0, 0, 1],
            [0, 2, 0],
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxelOfPoint.Select(row => voxels[row]), Is.EqualTo(expected));
            Assert.That(map.Rows, Is.EqualTo(3));
            Assert.That(voxelOfPoint[2], Is.EqualTo(voxelOfPoint[0]), "two points in one voxel");
        }
    }

    [Test]
    public void Points_in_float64_are_not_rounded_to_float32()
    {
        using var manager = new CoordinateManager(1);
        double[] points = [16_777_217, 16_777_216];
        var voxels = Voxelizer.Voxelize(manager, points, [], new VoxelizerOptions { VoxelSize = [1] });
        Assert.That(voxels.Map.Rows, Is.EqualTo(2));
    }

    [Test]
    public void Batches_and_sizes_per_axis_are_kept_apart()
    {
        using var manager = new CoordinateManager(3);
        float[] points = [1, 1, 1, 1, 1, 1];
        var (map, voxelOfPoint) = Voxelize(manager, points, [0, 4], [1, 0.5, 0.25]);
        var voxels = map.Coordinates().Chunk(4).ToArray();
        int[][] expected =
        [
            [0, 1, 2, 4],
            [4, 1, 2, 4],
        ];
        Assert.That(voxelOfPoint.Select(row => voxels[row]), Is.EqualTo(expected));
    }

    [Test]
    public void Many_points_agree_with_a_dictionary()
    {
        var random = new Random(3);
        var points = Enumerable.Range(0, 3 * 5000).Select(_ => (random.NextSingle() * 20) - 10).ToArray();
        var batch = Enumerable.Range(0, 5000).Select(_ => random.Next(3)).ToArray();
        using var manager = new CoordinateManager(3);
        var (map, voxelOfPoint) = Voxelize(manager, points, batch, [0.7]);
        var expected = points
            .Chunk(3)
            .Zip(batch, (p, b) => (b, Math.Floor(p[0] / 0.7), Math.Floor(p[1] / 0.7), Math.Floor(p[2] / 0.7)))
            .ToArray();
        var voxels = map.Coordinates().Chunk(4).Select(v => (v[0], (double)v[1], (double)v[2], (double)v[3])).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.Order(), Is.EqualTo(expected.Distinct().Order()));
            Assert.That(voxelOfPoint.Select(row => voxels[row]), Is.EqualTo(expected));
        }
    }

    [Test]
    public void No_points_give_an_empty_level()
    {
        using var manager = new CoordinateManager(3);
        var (map, voxelOfPoint) = Voxelize(manager, [], [], [0.05]);
        Assert.That((map.Rows, voxelOfPoint.Length), Is.EqualTo((0L, 0)));
    }

    [Test]
    public void Bad_input_is_named_with_the_point()
    {
        using var manager = new CoordinateManager(2);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Make([0, 0, 1, float.NaN]), "points", "NaN on axis 1 of point 1, must be finite");
            Refused.With(() => Make([float.PositiveInfinity, 0]), "points", "axis 0 of point 0, must be finite");
            Refused.With(() => Make([0, float.NegativeInfinity]), "points", "axis 1 of point 0, must be finite");
            Refused.With(() => Make([0, 0, 0, 3e9f]), "points", "axis 1 of point 1");
            Refused.With(() => Make([0, 0, 0, -3e9f]), "points", "must be within 32 bits");
            Refused.With(() => Make([0, 0, 0]), "points", "has 3 elements, must be rows of 2");
            Refused.With(
                () => Make([0, 0], batch: [0, 1]),
                "batch",
                "has 2 elements, must have one for each of 1 points"
            );
            Refused.With(() => Make([0, 0], batch: [-1]), "batch", "batch index -1 at point 0");
            Refused.With(() => Make([0, 0], size: []), "voxelSize", "has 0 values, must have one or 2");
            Refused.With(() => Make([0, 0], size: [1, 0]), "voxelSize", "voxelSize is 0 on axis 1");
            Refused.With(() => Make([0, 0], size: [-1]), "voxelSize", "must be finite and above 0");
            Refused.With(() => Make([0, 0], size: [double.NaN]), "voxelSize", "must be finite and above 0");
            Assert.That(() => Voxelize(null!, [], [], [1]), Throws.ArgumentNullException);
            Assert.That(manager.Maps, Is.Empty);
        }

        void Make(float[] points, int[]? batch = null, double[]? size = null) =>
            Voxelize(manager, points, batch ?? [], size ?? [1.0]);
    }

    [Test]
    public void Points_outside_of_the_range_are_dropped_and_their_voxels_not_made()
    {
        using var manager = new CoordinateManager(2);
        double[] points = [-1, 0, -1.001, 0, 0.999, 1.5, 1, 0, 0, 2, 0.25, -0.25];
        var voxels = Voxelizer.Voxelize(
            manager,
            points,
            [0, 0, 1, 1, 2, 1],
            new VoxelizerOptions
            {
                VoxelSize = [0.5],
                Origin = [-1, -2],
                Low = [-1, -2],
                High = [1, 2],
            }
        );
        var rows = voxels.Map.Coordinates().Chunk(3).ToArray();
        int[][] expected =
        [
            [0, 0, 4],
            [1, 3, 7],
            [1, 2, 3],
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.Dropped, Is.EqualTo(3));
            Assert.That(voxels.Batch, Is.EqualTo(new[] { 0, -1, 1, -1, -1, 1 }));
            Assert.That(
                voxels.VoxelOfPoint.Select(row => row < 0 ? [] : rows[row]),
                Is.EqualTo(new[] { expected[0], [], expected[1], [], [], expected[2] })
            );
            Assert.That(rows, Is.EquivalentTo(expected));
            Assert.That(voxels.Lattice[..2], Is.EqualTo(new[] { 0.0, 4 }));
            Assert.That(voxels.Lattice[10..], Is.EqualTo(new[] { 2.5, 3.5 }));
        }
    }

    [Test]
    public void Voxels_outside_of_the_spatial_shape_are_dropped()
    {
        using var manager = new CoordinateManager(1);
        var options = new VoxelizerOptions { VoxelSize = [1], SpatialShape = 3 };
        var voxels = Voxelizer.Voxelize(manager, (double[])[-0.5, 0, 2.9, 3, 1e30], [], options);
        Assert.That(voxels.VoxelOfPoint, Is.EqualTo(new[] { -1, 0, 1, -1, -1 }));
        Assert.That(voxels.Map.SpatialShape, Is.EqualTo((PerAxis)3));
    }

    [Test]
    public void A_scan_keeps_the_voxels_that_its_points_come_to_first()
    {
        using var manager = new CoordinateManager(1);
        double[] points = [9, 5, 9, 1, 5, 2, 9];
        var options = new VoxelizerOptions { VoxelSize = [1], MaxVoxels = 2 };
        var voxels = Voxelizer.Voxelize(manager, points, [0, 0, 0, 0, 0, 1, 0], options);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.Map.Coordinates(), Is.EqualTo(new[] { 0, 5, 0, 9, 1, 2 }));
            Assert.That(voxels.VoxelOfPoint, Is.EqualTo(new[] { 1, 0, 1, -1, 0, 2, 1 }));
            Assert.That(manager.Maps, Has.Count.EqualTo(1), "no level beside the one");
        }
    }

    [Test]
    public void Bad_options_are_named()
    {
        using var manager = new CoordinateManager(2);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Make(new() { VoxelSize = [1], Origin = [0] }), "origin", "has 1 values");
            Refused.With(() => Make(new() { VoxelSize = [1], Low = [0, double.NaN] }), "low", "NaN on axis 1");
            Refused.With(
                () =>
                    Make(
                        new()
                        {
                            VoxelSize = [1],
                            Low = [0, 3],
                            High = [1, 3],
                        }
                    ),
                "high",
                "high is 3 on axis 1, must be above low, 3"
            );
            Refused.With(() => Make(new() { VoxelSize = [1], SpatialShape = (4, 0) }), "spatialShape", "(4, 0)");
            Refused.With(() => Make(new() { VoxelSize = [1], MaxVoxels = -1 }), "most", "-1");
            Refused.With(() => Make(new() { VoxelSize = [1, 2, 3] }), "voxelSize", "has 3 values");
            Refused.With(() => Make(new() { VoxelSize = [1] }, -1), "batch", "batch index -1 at point 0");
            Assert.That(manager.Maps, Is.Empty);
        }

        void Make(VoxelizerOptions options, int batch = 0) =>
            Voxelizer.Voxelize(manager, (double[])[0.5, 0.5], [batch], options);
    }

    [Test]
    public void A_point_that_is_dropped_must_be_finite_too()
    {
        using var manager = new CoordinateManager(1);
        Refused.With(
            () =>
                Voxelizer.Voxelize(
                    manager,
                    (double[])[5, double.PositiveInfinity],
                    [],
                    new VoxelizerOptions { VoxelSize = [1], High = [1] }
                ),
            "points",
            "on axis 0 of point 1, must be finite"
        );
    }

    private static (CoordinateMap Map, long[] VoxelOfPoint) Voxelize(
        CoordinateManager manager,
        float[] points,
        int[] batch,
        double[] size
    )
    {
        var voxels = Voxelizer.Voxelize(manager, points, batch, new VoxelizerOptions { VoxelSize = size });
        return (voxels.Map, voxels.VoxelOfPoint);
    }
}
