namespace TorchSharp.SparseConv.Data.Tests.Datasets;

internal sealed class PointCloudFolderTests
{
    [Test]
    public void Files_of_several_formats_are_one_data_set()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([1, 2, 3, 4, 5, 6], null, [0, 2]);
        PointCloudFile.Write(folder["b.las"], cloud);
        PointCloudFile.Write(folder["a.ply"], cloud);
        PointCloudFile.Write(folder["c.npz"], cloud);
        File.WriteAllText(folder["README.txt"], "no points");
        var dataset = new PointCloudFolder(folder.Root, ["x", "y", "z"]);
        Assert.That(Enumerable.Range(0, dataset.Count).Select(dataset.Name), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(Enumerable.Range(0, 3).Select(i => dataset.Load(i).Labels), Has.All.EqualTo(new[] { 0, 2 }));
        Assert.That(dataset.ClassColors.Distinct().Count(), Is.EqualTo(3));
        Assert.That(new PointCloudFolder(folder.Root, ["x"], "*.las").Count, Is.EqualTo(1));
    }

    [Test]
    public void Labels_are_mapped_and_checked()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud(
            [1, 2, 3, 4, 5, 6],
            Origin.Zero,
            new PointAttribute("scalar_Class", new float[] { 2, 7 })
        );
        PointCloudFile.Write(folder["a.ply"], cloud);
        Assert.That(Mapped(new() { [2] = 1, [7] = -1 }).Load(0).Labels, Is.EqualTo(new[] { 1, -1 }));
        Assert.That(() => Mapped(new() { [2] = 1 }).Load(0), Refused("point 1 is 7"));
        Assert.That(() => Mapped(new() { [2] = 1, [7] = 2 }).Load(0), Refused("class from 0 to 1"));
        Assert.That(() => new PointCloudFolder(folder.Root, ["a"]).Load(0), Refused("no attribute label"));
        PointCloudFile.Write(folder["a.ply"], cloud.With(new PointAttribute("scalar_Class", new float[] { 2, 0.5f })));
        Assert.That(() => Mapped([]).Load(0), Refused("entry 1 is 0.5"));

        PointCloudFolder Mapped(Dictionary<int, int> map) =>
            new(folder.Root, ["a", "b"]) { LabelAttribute = "scalar_Class", LabelMap = map };
    }

    [Test]
    public void Folders_without_clouds_are_refused()
    {
        using var folder = new TempFolder();
        Assert.That(() => new PointCloudFolder(folder.Root, ["a"]), Refused("no point clouds"));
        Assert.That(() => new PointCloudFolder(folder.Root + "/none", ["a"]), Refused("no such folder"));
        Assert.That(() => new ShapeNetPart(folder.Root, "train", "a"), Refused("no such folder"));
    }

    [Test]
    public void Caps_with_panels_and_peaks()
    {
        var root = RealData.Folder("shapenet-cap");
        var train = new ShapeNetPart(root, "train", "panel", "peak");
        var val = new ShapeNetPart(root, "val", "panel", "peak");
        Assert.That((train.Count, val.Count), Is.EqualTo((11, 5)));
        Assert.That(train.Name(2), Is.EqualTo("train/02"));
        int[] points = [2513, 2329, 2736, 2345, 2561, 2534, 2507, 2481, 2520, 2723, 2563];
        int[] peaks = [643, 522, 1768, 418, 375, 513, 698, 642, 655, 1240, 103];
        for (var i = 0; i < train.Count; i++)
        {
            var cloud = train.Load(i);
            Assert.That((cloud.Count, cloud.Labels!.Sum()), Is.EqualTo((points[i], peaks[i])));
            Assert.That(cloud.Find("normal")!.Components, Is.EqualTo(3));
        }
        Assert.That(val.Load(4).Count, Is.EqualTo(2792));
        Assert.That(() => new ShapeNetPart(root, "train", "panel").Load(0), Refused("class from 0 to 0"));
    }

    [Test]
    public void Aerial_scans_as_ground_and_rest()
    {
        var folder = RealData.Folder("las");
        var dataset = new PointCloudFolder(folder, ["other", "ground"], "autzen*")
        {
            LabelMap = new Dictionary<int, int> { [1] = 0, [2] = 1 },
        };
        Assert.That(dataset.Load(0).Labels!.Sum(), Is.EqualTo(26_107));
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Refused(string problem) =>
        Throws.TypeOf<PointCloudException>().With.Message.Contains(problem);
}
