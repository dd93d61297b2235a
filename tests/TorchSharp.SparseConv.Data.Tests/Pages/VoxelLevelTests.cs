namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class VoxelLevelTests
{
    [Test]
    public void A_pyramid_has_the_floor_of_every_point_at_every_stride()
    {
        var random = new Random(5);
        var positions = new float[3 * 400];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = (float)(20 * random.NextDouble() - 10);
        }
        var levels = VoxelLevel.Pyramid(new PointCloud(positions, new Origin(1, 2, 3)), 0.7, 4);
        Assert.That(levels.Select(level => level.Stride.X), Is.EqualTo(new[] { 1, 2, 4, 8 }));
        foreach (var level in levels)
        {
            var stride = level.Stride.X;
            var expected = positions
                .Select(x => (int)Math.Floor(Math.Floor(x / 0.7) / stride))
                .Chunk(3)
                .GroupBy(voxel => (voxel[0], voxel[1], voxel[2]))
                .Select(group => (group.Key, group.Count()))
                .ToArray();
            var points = level.Attributes.Single().Values.ToInt32();
            var actual = level
                .Coordinates.Chunk(3)
                .Select((voxel, row) => ((voxel[0], voxel[1], voxel[2]), points[row]));
            Assert.That(actual, Is.EqualTo(expected), $"stride {stride}");
            Assert.That(level.Origin, Is.EqualTo(new Origin(1, 2, 3)));
        }
    }

    [Test]
    public void A_voxel_has_the_label_of_most_of_its_points()
    {
        // Four points in one voxel, three in the next, of which two labels are equally frequent.
        float[] x = [0.1f, 0.2f, 0.3f, 0.4f, 1.1f, 1.2f, float.NaN];
        var cloud = new PointCloud([.. x.SelectMany(value => new[] { value, 0, 0 })], labels: [3, 1, 3, 0, 4, 2, 9]);
        var level = VoxelLevel.Pyramid(cloud, 1, 1).Single();
        Assert.That(level.Coordinates, Is.EqualTo(new[] { 0, 0, 0, 1, 0, 0 }));
        Assert.That(level.Attributes[^1].Values.ToInt32(), Is.EqualTo(new[] { 3, 2 }));
    }

    [Test]
    public void A_scan_of_a_batch_keeps_its_own_rows()
    {
        var level = VoxelLevel.OfScan([0, 1, 2, 3, 1, 4, 5, 6, 0, 7, 8, 9], 0, 2, 0.5);
        Assert.That(level.Coordinates, Is.EqualTo(new[] { 1, 2, 3, 7, 8, 9 }));
        Assert.That(level.Name, Is.EqualTo("stride 2"));
        Assert.That(new VoxelLevel([], (1, 1, 2), (1, 1, 1)).Name, Is.EqualTo("stride (1, 1, 2)"));
    }

    [Test]
    public void Mistakes_are_named() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new VoxelLevel([1, 2], 1, 1),
                Throws.ArgumentException.With.Message.Contains("2 entries")
            );
            Assert.That(() => new VoxelLevel([], 0, 1), Throws.ArgumentException.With.Message.Contains("stride"));
            Assert.That(
                () => new VoxelLevel([], 1, double.NaN),
                Throws.ArgumentException.With.Message.Contains("voxelSize")
            );
            Assert.That(
                () => new VoxelLevel([1, 2, 3], 1, 1, new PointAttribute("label", new[] { 1, 2 })),
                Throws.ArgumentException.With.Message.Contains("label has 2 entries")
            );
            Assert.That(
                () => VoxelLevel.OfScan([1, 2, 3], 0, 1, 1),
                Throws.ArgumentException.With.Message.Contains("multiple of 4")
            );
            var cloud = new PointCloud([3e9f, 0, 0]);
            Assert.That(() => VoxelLevel.Pyramid(cloud, 0, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => VoxelLevel.Pyramid(cloud, 1, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(
                () => VoxelLevel.Pyramid(cloud, 1, 1),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("within 32 bits")
            );
        });
}
