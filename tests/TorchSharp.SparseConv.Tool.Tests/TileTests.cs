using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

// A scene labelled in tiles gets the labels of one whole pass.
internal sealed class TileTests : FolderTests
{
    [Test]
    public void Tiles_with_a_full_margin_give_the_classes_of_the_whole([Values(1, 2)] int pointsOfVoxel)
    {
        using var model = PointClassifier.Load(Small.Model(Folder));
        var cloud = Ground(400, pointsOfVoxel);
        var whole = model.Predict(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());
        Assert.That(whole.Distinct().Count(), Is.GreaterThan(1), "one class alone proves nothing");
        using var tiles = Cut(cloud, model.Reach()![0], cloud.Count * 3 / 4);
        Assert.That(tiles.Count, Is.GreaterThan(1));
        var classes = new int[cloud.Count];
        foreach (var tile in tiles.Read())
        {
            Assert.That(tile.Cloud.Count, Is.LessThanOrEqualTo(cloud.Count * 3 / 4));
            var found = model.Predict(tile.Cloud.Positions, name => tile.Cloud.Find(name)?.Values.ToSingle());
            foreach (var (i, label) in found.Index().Where(one => tile.IsOwn[one.Index]))
            {
                classes[tile.Points[i]] = label;
            }
        }

        Assert.That(classes, Is.EqualTo(whole));
    }

    [Test]
    public void Every_point_is_a_tiles_own_once_and_keeps_what_it_has()
    {
        var cloud = Ground(200, 3);
        using var tiles = Cut(cloud, margin: 5, most: cloud.Count / 4);
        var seen = new bool[cloud.Count];
        foreach (var tile in tiles.Read())
        {
            Assert.That(tile.Points, Is.Ordered.Ascending);
            for (var i = 0; i < tile.Points.Count; i++)
            {
                var point = (int)tile.Points[i];
                Assert.That(tile.Cloud.Positions[3 * i], Is.EqualTo(cloud.Positions[3 * point]));
                Assert.That(tile.Cloud.Intensity![i], Is.EqualTo(cloud.Intensity![point]));
                Assert.That(tile.IsOwn[i] && seen[point], Is.False);
                seen[point] |= tile.IsOwn[i];
            }
        }

        Assert.That(seen, Has.All.True);
    }

    [Test]
    public void The_command_gives_the_labels_of_a_whole_pass_and_keeps_every_other_byte()
    {
        var model = Small.Model(Folder);
        var cloud = Ground(400, 1)
            .With(new PointAttribute("gps_time", Enumerable.Range(0, 160_000).Select(i => i * 0.5).ToArray()));
        LasFile.Write(Folder["scene.las"], cloud.WithLabels(new int[cloud.Count]));
        var before = File.ReadAllBytes(Folder["scene.las"]);
        Sparseconv.Text("predict", model, Folder["scene.las"], "--out", Folder["whole.label"], Folder["whole.las"]);
        var report = Sparseconv.Json([
            "predict",
            model,
            Folder["scene.las"],
            "--memory",
            "560M",
            "--out",
            Folder["tiles.label"],
            Folder["tiles.las"],
        ]);
        Assert.That(report.GetProperty("tiles").GetInt32(), Is.GreaterThan(1));
        Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(cloud.Count));
        Assert.That(File.ReadAllBytes(Folder["tiles.label"]), Is.EqualTo(File.ReadAllBytes(Folder["whole.label"])));
        var after = File.ReadAllBytes(Folder["tiles.las"]);
        Assert.That(after, Is.EqualTo(File.ReadAllBytes(Folder["whole.las"])));
        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        var header = LasFile.ReadHeader(Folder["scene.las"]);
        var begin = before.Length - cloud.Count * header.RecordBytes;
        Assert.That(changed, Is.Not.Empty.And.All.Matches<int>(i => (i - begin) % header.RecordBytes == 15));
        Assert.That(PointCloudFile.Read(Folder["tiles.las"]).Labels!.Distinct(), Is.SubsetOf(new[] { 4, 9 }));
    }

    [Test]
    public void Mistakes_are_told()
    {
        var model = Small.Model(Folder);
        var file = Small.Ply(Folder);
        Sparseconv.Fails(2, ["predict", model, file, "--memory", "much"], "--memory is much, must be a size such as");
        Sparseconv.Fails(2, ["predict", model, file, "--memory", "1M"], "must be more than");
        Sparseconv.Fails(2, ["predict", model, file, "--memory", "1G", "--out", Folder["a.ply"]], "leave --memory out");
        var hole = Small.Ply(Folder, "hole.ply", Small.WithHole());
        Sparseconv.Fails(2, ["predict", model, hole, "--memory", "1G"], "no finite position");
    }

    private static SceneTiles Cut(PointCloud cloud, long margin, long most)
    {
        var options = new SceneTileOptions
        {
            CellSize = 1,
            Margin = margin,
            MostPoints = most,
            Attributes = ["intensity", "none"],
        };
        // Blocks of the scene, as a file gives them.
        return SceneTiles.Create(
            () => Enumerable.Range(0, cloud.Count).Chunk(10_000).Select(points => cloud.Select(points)),
            options
        );
    }

    // Hilly ground of so many voxels a side, around the origin, in an order of no kind.
    private static PointCloud Ground(int side, int pointsOfVoxel)
    {
        var random = new Random(1);
        var count = side * side * pointsOfVoxel;
        var (positions, intensity) = (new float[3 * count], new float[count]);
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        for (var point = 0; point < count; point++)
        {
            var voxel = order[point] / pointsOfVoxel;
            var (x, y) = (voxel % side - side / 2, voxel / side - side / 2);
            positions[3 * point] = x + 0.1f + 0.8f * random.NextSingle();
            positions[3 * point + 1] = y + 0.1f + 0.8f * random.NextSingle();
            positions[3 * point + 2] = 6 * MathF.Sin(x / 9f) * MathF.Cos(y / 7f);
            intensity[point] = 10 * random.NextSingle();
        }
        return new PointCloud(positions, intensity);
    }
}
