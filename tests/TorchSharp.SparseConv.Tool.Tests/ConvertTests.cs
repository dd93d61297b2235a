using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class ConvertTests : FolderTests
{
    [TestCase("a.ply", true)]
    [TestCase("a.pcd", true)]
    [TestCase("a.npz", true)]
    [TestCase("sub/folder/a.csv", true)]
    [TestCase("a.las", false, "label", "intensity")]
    [TestCase("a.xyz", true)]
    public void Attributes_arrive_in_every_format(string name, bool lossless, params string[] exceptions)
    {
        var source = Small.Ply(Folder);
        var report = Sparseconv.Json("convert", source, Folder[name]);
        var cloud = PointCloudFile.Read(Folder[name]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(4));
            Assert.That(report.GetProperty("lossless").GetBoolean(), Is.EqualTo(lossless || exceptions.Length == 0));
            Assert.That(cloud.Labels, Is.EqualTo([7, 9, 9, 4]));
            Assert.That(cloud.Intensity, Is.EqualTo(new float[] { 1, 2, 6, 5 }));
            Assert.That(cloud.Positions, Is.EqualTo(Small.Cloud().Positions).Within(0.0005));
        }
    }

    [Test]
    public void What_is_lost_is_told()
    {
        var source = Small.Ply(Folder);
        var report = Sparseconv.Json("convert", source, Folder["a.npy"]);
        var fates = report.GetProperty("attributes").EnumerateArray().ToList();
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.False);
        Assert.That(
            fates.Select(fate => fate.GetProperty("name").GetString()),
            Is.EqualTo(["intensity", "label", "color"])
        );
        Assert.That(fates.Select(fate => fate.GetProperty("fate").GetString()), Is.All.EqualTo("Lost"));
        Assert.That(
            Sparseconv.Text("convert", source, Folder["a.npy"]),
            Does.Contain("lost     intensity (Float32), label (Int32), color (UInt8 x 3)")
        );

        var kitti = Sparseconv.Text("convert", source, Folder["k.bin"]);
        Assert.That(kitti, Does.Contain("lost     color (UInt8 x 3)").And.Contain("added    instance (Int32)"));
        Assert.That(kitti, Does.Not.Contain("label").And.Not.Contain("nothing"));
        Assert.That(File.Exists(Folder["k.label"]), Is.True);
        Assert.That(Sparseconv.Text("convert", source, Folder["same.ply"]), Does.Contain("lost     nothing"));
    }

    [Test]
    public void A_shift_of_positions_is_measured()
    {
        var cloud = new PointCloud([0.1234567f, 0, 0]);
        var report = Sparseconv.Json("convert", Small.Ply(Folder, cloud: cloud), Folder["a.las"]);
        Assert.That(report.GetProperty("largest_shift").GetDouble(), Is.EqualTo(0.0004567).Within(1e-7));
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.False);
    }

    [Test]
    public void World_coordinates_stay_where_they_are()
    {
        var cloud = new PointCloud([1, 2, 3], new Origin(600_000, 5_000_000, 0));
        PointCloudFile.Write(Folder["a.las"], cloud);
        var report = Sparseconv.Json("convert", Folder["a.las"], Folder["a.ply"]);
        Assert.That(report.GetProperty("largest_shift").GetDouble(), Is.LessThan(1e-6));
        Assert.That(PointCloudFile.Read(Folder["a.ply"]).Origin.Y, Is.EqualTo(5_000_000).Within(10));
        var scan = Sparseconv.Json("convert", Folder["a.ply"], Folder["a.bin"]);
        Assert.That(scan.GetProperty("dropped_origin").Doubles()[1], Is.EqualTo(5_000_000).Within(10));
        Assert.That(scan.GetProperty("lossless").GetBoolean(), Is.False);
        Assert.That(Sparseconv.Text("convert", Folder["a.las"], Folder["a.bin"]), Does.Contain("lost     the origin"));
    }

    [Test]
    public void Points_without_a_place_are_dropped_when_asked_and_refused_where_a_format_has_no_room_for_them()
    {
        var source = Small.Ply(Folder, cloud: Small.WithHole());
        Sparseconv.Fails(2, ["convert", source, Folder["a.las"]], source, "1 of 4 points", "--drop-invalid");
        Assert.That(Folder["a.las"], Does.Not.Exist);
        var report = Sparseconv.Json("convert", source, Folder["a.las"], "--drop-invalid");
        Assert.That(report.GetProperty("dropped_points").GetInt32(), Is.EqualTo(1));
        Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(3));
        Assert.That(
            Sparseconv.Json("convert", source, Folder["a.pcd"]).GetProperty("points").GetInt32(),
            Is.EqualTo(4)
        );
    }

    [Test]
    public void Mistakes_are_told()
    {
        var source = Small.Ply(Folder);
        Sparseconv.Fails(2, ["convert", source, Folder["a.obj"]], "\".obj\" is no format of points", ".ply", ".las");
        Sparseconv.Fails(2, ["convert", Folder["a.obj"], Folder["a.ply"]], "\".obj\" is no format of points");
        Sparseconv.Fails(1, ["convert", Folder["none.ply"], Folder["a.ply"]], Folder["none.ply"], "no such file");
        Sparseconv.Fails(2, ["convert", source], "sparseconv convert --help");
        var big = Small.Ply(Folder, cloud: Small.Cloud().WithLabels([1, 2, 3, 70_000]));
        Sparseconv.Fails(1, ["convert", big, Folder["a.bin"]], "70000");
    }

    [TestCase("las/mvk-thin.las", "a.ply")]
    [TestCase("pcd/test0.pcd", "a.npz")]
    [TestCase("semantic-kitti/sequences/08/velodyne/000000.bin", "a.pcd")]
    public void Real_files_lose_nothing(string name, string to)
    {
        var path = Path.Combine(RealData.Folder(Path.GetDirectoryName(name)!), Path.GetFileName(name));
        var report = Sparseconv.Json("convert", path, Folder[to]);
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.True, report.GetRawText());
    }
}
