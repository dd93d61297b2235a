namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class VoxelGroupsTests
{
    private static readonly long[] Rows = [2, 0, -1, 2, 2, 0, 3, -1];

    [Test]
    public void Points_are_grouped_in_their_order()
    {
        var groups = new VoxelGroups(Rows, 4);
        int[][] expected =
        [
            [1, 5],
            [],
            [0, 3, 4],
            [6],
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Enumerable.Range(0, 4).Select(row => groups[row].ToArray()), Is.EqualTo(expected));
            Assert.That(groups.Counts(), Is.EqualTo(new[] { 2, 0, 3, 1 }));
            Assert.That(groups.First(), Is.EqualTo(new[] { 1, -1, 0, 6 }));
            Assert.That(groups.RowOfPoint(8), Is.EqualTo(Rows));
            Assert.That(groups.Limit(2, 8).RowOfPoint(8), Is.EqualTo(new[] { 2, 0, -1, 2, -1, 0, 3, -1 }));
            Assert.That(groups.Limit(1, 8).Counts(), Is.EqualTo(new[] { 1, 0, 1, 1 }));
        }
    }

    [Test]
    public void The_majority_gives_the_label_and_of_equal_ones_the_lowest()
    {
        var rows = new long[] { 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4 };
        var labels = new long[] { 7, 5, 7, 9, 3, 9, 3, -1, -1, -1, -1, 6 };
        var groups = new VoxelGroups(rows, 6);
        Assert.That(groups.MajorityLabels(labels, -1), Is.EqualTo(new[] { 7, 3, -1, -1, 6, -1 }));
        Assert.That(groups.MajorityLabels(labels, 7), Is.EqualTo(new[] { 5, 3, -1, -1, -1, 7 }));
    }

    [Test]
    public void A_random_point_is_of_its_voxel_and_depends_on_seed_and_voxel_alone()
    {
        using var manager = new CoordinateManager(1);
        var random = new Random(3);
        var (few, more) = (Enumerable.Range(0, 50).ToArray(), Enumerable.Range(-40, 90).ToArray());
        var first = manager.Insert([.. few.SelectMany(place => (int[])[0, place])]);
        var second = manager.Insert([.. more.SelectMany(place => (int[])[0, place])]);
        long[] rows = [.. Enumerable.Range(0, 1000).Select(_ => (long)random.Next(50))];
        var groups = new VoxelGroups(rows, 50);
        var shifted = new VoxelGroups([.. rows.Select(row => row + 40)], 90);
        var chosen = groups.Random(first, 5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(chosen.Select(point => rows[point]), Is.EqualTo(Enumerable.Range(0, 50)));
            Assert.That(groups.Random(first, 5), Is.EqualTo(chosen));
            Assert.That(shifted.Random(second, 5)[40..], Is.EqualTo(chosen), "whatever other voxels there are");
            Assert.That(shifted.Random(second, 5)[..40], Is.All.EqualTo(-1));
            Assert.That(groups.Random(first, 6), Is.Not.EqualTo(chosen));
        }
    }

    [Test]
    public void Each_point_has_the_same_chance()
    {
        using var manager = new CoordinateManager(2);
        var map = manager.Insert([0, -3, 8]);
        var groups = new VoxelGroups(new long[5], 1);
        var counts = new int[5];
        for (var seed = 0; seed < 10_000; seed++)
        {
            counts[groups.Random(map, seed)[0]]++;
        }

        // Five standard deviations of a binomial distribution around 2,000.
        Assert.That(counts, Is.All.InRange(1800, 2200));
    }

    [Test]
    public void Bad_rows_are_named()
    {
        using var manager = new CoordinateManager(1);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => _ = new VoxelGroups([0, 4], 4), "voxelOfPoint", "has 4 at point 1, must be -1 to 3");
            Refused.With(() => _ = new VoxelGroups([-2], 4), "voxelOfPoint", "has -2 at point 0");
            Refused.With(() => _ = new VoxelGroups([], -1), "rows", "-1");
            Refused.With(() => new VoxelGroups(Rows, 4).Limit(0, 8), "most", "0");
            Refused.With(
                () => new VoxelGroups(Rows, 4).Random(manager.Insert([0, 1]), 1),
                "map",
                "has 1 rows, must have 4"
            );
        }
    }
}
