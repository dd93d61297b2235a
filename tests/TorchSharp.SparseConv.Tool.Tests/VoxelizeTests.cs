using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class VoxelizeTests : FolderTests
{
    [Test]
    public void A_voxel_is_the_mean_of_its_points_and_the_label_of_most()
    {
        var report = Sparseconv.Json("voxelize", Small.Ply(Folder), Folder["v.ply"], "--size", "1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("voxels").GetInt32(), Is.EqualTo(2));
            Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(4));
            Assert.That(report.GetProperty("means").Strings(), Is.EqualTo(["intensity", "color"]));
            Assert.That(report.GetProperty("majorities").Strings(), Is.EqualTo(["label"]));
        }
        var voxels = PointCloudFile.Read(Folder["v.ply"]);
        var first = voxels.Positions[0] < 1 ? 0 : 1;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.Count, Is.EqualTo(2));
            Assert.That(voxels.Positions[(3 * first)..][..3], Is.EqualTo([0.5f, 1.25f / 3, 0.25f]).Within(1e-6));
            Assert.That(voxels.Intensity![first], Is.EqualTo(3));
            Assert.That(voxels.Labels![first], Is.EqualTo(9));
            Assert.That(voxels.Labels![1 - first], Is.EqualTo(4));
            Assert.That(
                voxels.Find("color")!.Values.As<byte>()[(3 * first)..][..3],
                Is.EqualTo(new byte[] { 21, 0, 255 })
            );
            Assert.That(voxels.Find("points")!.Values.ToInt32()[first], Is.EqualTo(3));
        }
    }

    [Test]
    public void Centres_and_other_means_are_a_choice()
    {
        string[] line =
        [
            "voxelize",
            Small.Ply(Folder),
            Folder["v.ply"],
            "--size",
            "1",
            "2",
            "4",
            "--position",
            "center",
        ];
        Sparseconv.Text([.. line, "--mean", "label", "--majority", "intensity"]);
        var voxels = PointCloudFile.Read(Folder["v.ply"]);
        var first = voxels.Positions[0] < 1 ? 0 : 1;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.Positions[(3 * first)..][..3], Is.EqualTo(new[] { 0.5f, 1, 2 }));
            Assert.That(voxels.Labels![first], Is.EqualTo(8), "25 / 3, rounded");
            Assert.That(voxels.Intensity![first], Is.EqualTo(1), "the smallest of equals");
        }
    }

    [Test]
    public void Mistakes_are_told()
    {
        var source = Small.Ply(Folder);
        var to = Folder["v.ply"];
        Sparseconv.Fails(2, ["voxelize", source, to], "--size");
        Sparseconv.Fails(2, ["voxelize", source, to, "--size", "-1"], "--size is -1, must be greater than 0");
        Sparseconv.Fails(
            2,
            ["voxelize", source, to, "--size", "1", "2"],
            "--size has 2 lengths, must have one, or three"
        );
        Sparseconv.Fails(2, ["voxelize", source, Folder["v.foo"], "--size", "1"], "\".foo\" is no format of points");
        Sparseconv.Fails(
            2,
            ["voxelize", source, to, "--size", "1", "--mean", "x"],
            "--mean x",
            "intensity, label, color"
        );
        Sparseconv.Fails(2, ["voxelize", source, to, "--size", "1", "--position", "corner"], "corner");
        var hole = Small.Ply(Folder, "hole.ply", Small.WithHole());
        Sparseconv.Fails(2, ["voxelize", hole, to, "--size", "1"], "--drop-invalid");
        var report = Sparseconv.Json("voxelize", hole, to, "--size", "1", "--drop-invalid");
        Assert.That(report.GetProperty("dropped_points").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void A_real_file_becomes_as_many_voxels_as_info_says()
    {
        var path = Path.Combine(RealData.Folder("las"), "mvk-thin.las");
        var info = Sparseconv.Json("info", path, "--size", "0.7");
        var report = Sparseconv.Json("voxelize", path, Folder["v.las"], "--size", "0.7");
        Assert.That(
            report.GetProperty("voxels").GetInt64(),
            Is.EqualTo(info.GetProperty("voxels")[0].GetProperty("voxels").GetInt64())
        );
        Assert.That(PointCloudFile.Read(Folder["v.las"]).Count, Is.EqualTo(report.GetProperty("voxels").GetInt32()));
    }
}
