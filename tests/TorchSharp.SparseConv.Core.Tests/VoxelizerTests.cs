namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class VoxelizerTests
{
    [Test]
    public void A_point_falls_into_the_voxel_below_it()
    {
        using var manager = new CoordinateManager(2);
        float[] points = [0.1f, 0.9f, -0.1f, -1.0f, 0.49f, 0.5f, 1.0f, -0.0f];
        var (map, voxelOfPoint) = Voxelizer.Voxelize(manager, points, [], [0.5]);
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
        var (map, _) = Voxelizer.Voxelize(manager, points, [], [1]);
        Assert.That(map.Rows, Is.EqualTo(2));
    }

    [Test]
    public void Batches_and_sizes_per_axis_are_kept_apart()
    {
        using var manager = new CoordinateManager(3);
        float[] points = [1, 1, 1, 1, 1, 1];
        var (map, voxelOfPoint) = Voxelizer.Voxelize(manager, points, [0, 4], [1, 0.5, 0.25]);
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
        var (map, voxelOfPoint) = Voxelizer.Voxelize(manager, points, batch, [0.7]);
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
        var (map, voxelOfPoint) = Voxelizer.Voxelize(manager, [], [], [0.05], spatialShape: 4);
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
            Refused.With(() => Make([0, 0], batch: [-1]), "coordinates", "batch index -1");
            Refused.With(() => Make([0, 0], size: []), "voxelSize", "has 0 values, must have one or 2");
            Refused.With(() => Make([0, 0], size: [1, 0]), "voxelSize", "voxelSize is 0 on axis 1");
            Refused.With(() => Make([0, 0], size: [-1]), "voxelSize", "must be finite and above 0");
            Refused.With(() => Make([0, 0], size: [double.NaN]), "voxelSize", "must be finite and above 0");
            Assert.That(() => Voxelizer.Voxelize(null!, [], [], [1]), Throws.ArgumentNullException);
            Assert.That(manager.Maps, Is.Empty);
        }

        void Make(float[] points, int[]? batch = null, double[]? size = null) =>
            Voxelizer.Voxelize(manager, points, batch, size ?? [1.0]);
    }
}
