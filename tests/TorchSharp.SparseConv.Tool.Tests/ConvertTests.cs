using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class ConvertTests
{
    private TempFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("a.ply", true)]
    [TestCase("a.pcd", true)]
    [TestCase("a.npz", true)]
    [TestCase("sub/folder/a.csv", true)]
    [TestCase("a.las", false, "label", "intensity")]
    [TestCase("a.xyz", true)]
    public void Attributes_arrive_in_every_format(string name, bool lossless, params string[] exceptions)
    {
        var source = Small.Ply(_folder);
        var report = CommandRun.Json("convert", source, _folder[name]);
        var cloud = PointCloudFile.Read(_folder[name]);
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
        var source = Small.Ply(_folder);
        var report = CommandRun.Json("convert", source, _folder["a.npy"]);
        var fates = report.GetProperty("attributes").EnumerateArray().ToList();
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.False);
        Assert.That(
            fates.Select(fate => fate.GetProperty("name").GetString()),
            Is.EqualTo(["intensity", "label", "color"])
        );
        Assert.That(fates.Select(fate => fate.GetProperty("fate").GetString()), Is.All.EqualTo("Lost"));
        Assert.That(
            CommandRun.Text("convert", source, _folder["a.npy"]),
            Does.Contain("lost     intensity (Float32), label (Int32), color (UInt8 x 3)")
        );

        var kitti = CommandRun.Text("convert", source, _folder["k.bin"]);
        Assert.That(kitti, Does.Contain("lost     color (UInt8 x 3)").And.Contain("added    instance (Int32)"));
        Assert.That(kitti, Does.Not.Contain("label").And.Not.Contain("nothing"));
        Assert.That(File.Exists(_folder["k.label"]), Is.True);
        Assert.That(CommandRun.Text("convert", source, _folder["same.ply"]), Does.Contain("lost     nothing"));
    }

    [Test]
    public void A_shift_of_positions_is_measured()
    {
        var cloud = new PointCloud([0.1234567f, 0, 0]);
        var report = CommandRun.Json("convert", Small.Ply(_folder, cloud: cloud), _folder["a.las"]);
        Assert.That(report.GetProperty("largest_shift").GetDouble(), Is.EqualTo(0.0004567).Within(1e-7));
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.False);
    }

    [Test]
    public void World_coordinates_stay_where_they_are()
    {
        var cloud = new PointCloud([1, 2, 3], new Origin(600_000, 5_000_000, 0));
        PointCloudFile.Write(_folder["a.las"], cloud);
        var report = CommandRun.Json("convert", _folder["a.las"], _folder["a.ply"]);
        Assert.That(report.GetProperty("largest_shift").GetDouble(), Is.LessThan(1e-6));
        Assert.That(PointCloudFile.Read(_folder["a.ply"]).Origin.Y, Is.EqualTo(5_000_000).Within(10));
        var scan = CommandRun.Json("convert", _folder["a.ply"], _folder["a.bin"]);
        Assert.That(scan.GetProperty("dropped_origin").Doubles()[1], Is.EqualTo(5_000_000).Within(10));
        Assert.That(scan.GetProperty("lossless").GetBoolean(), Is.False);
        Assert.That(
            CommandRun.Text("convert", _folder["a.las"], _folder["a.bin"]),
            Does.Contain("lost     the origin")
        );
    }

    [Test]
    public void Points_without_a_place_are_dropped_when_asked_and_refused_where_a_format_has_no_room_for_them()
    {
        var source = Small.Ply(_folder, cloud: Small.WithHole());
        CommandRun.Fails(2, ["convert", source, _folder["a.las"]], source, "1 of 4 points", "--drop-invalid");
        Assert.That(_folder["a.las"], Does.Not.Exist);
        var report = CommandRun.Json("convert", source, _folder["a.las"], "--drop-invalid");
        Assert.That(report.GetProperty("dropped_points").GetInt32(), Is.EqualTo(1));
        Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(3));
        Assert.That(
            CommandRun.Json("convert", source, _folder["a.pcd"]).GetProperty("points").GetInt32(),
            Is.EqualTo(4)
        );
    }

    [Test]
    public void Mistakes_are_told()
    {
        var source = Small.Ply(_folder);
        CommandRun.Fails(2, ["convert", source, _folder["a.obj"]], "\".obj\" is no format of points", ".ply", ".las");
        CommandRun.Fails(2, ["convert", _folder["a.obj"], _folder["a.ply"]], "\".obj\" is no format of points");
        CommandRun.Fails(1, ["convert", _folder["none.ply"], _folder["a.ply"]], _folder["none.ply"], "no such file");
        CommandRun.Fails(2, ["convert", source], "sparseconv convert --help");
        var big = Small.Ply(_folder, cloud: Small.Cloud().WithLabels([1, 2, 3, 70_000]));
        CommandRun.Fails(1, ["convert", big, _folder["a.bin"]], "70000");
    }

    [TestCase("las/mvk-thin.las", "a.ply")]
    [TestCase("pcd/test0.pcd", "a.npz")]
    [TestCase("semantic-kitti/sequences/08/velodyne/000000.bin", "a.pcd")]
    public void Real_files_lose_nothing(string name, string to)
    {
        var path = Path.Combine(RealData.Folder(Path.GetDirectoryName(name)!), Path.GetFileName(name));
        var report = CommandRun.Json("convert", path, _folder[to]);
        Assert.That(report.GetProperty("lossless").GetBoolean(), Is.True, report.GetRawText());
    }
}
