using System.Text;
using System.Text.Json;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class InfoTests : FolderTests
{
    [Test]
    public void A_cloud_is_told_with_attributes_voxels_and_rulebooks()
    {
        var path = Small.Ply(Folder);
        var report = Sparseconv.Json("info", path, "--size", "1", "0.5");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("kind").GetString(), Is.EqualTo("point_cloud"));
            Assert.That(report.GetProperty("file").GetString(), Is.EqualTo(path));
            Assert.That(report.GetProperty("format").GetString(), Is.EqualTo("ply"));
            Assert.That(report.GetProperty("bytes").GetInt64(), Is.EqualTo(new FileInfo(path).Length));
            Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(4));
            Assert.That(report.GetProperty("finite_points").GetInt32(), Is.EqualTo(4));
            Assert.That(report.GetProperty("origin").Doubles(), Is.EqualTo([0.0, 0, 0]));
            Assert.That(report.GetProperty("min").Doubles(), Is.EqualTo([0.25, 0.25, 0.25]));
            Assert.That(report.GetProperty("max").Doubles(), Is.EqualTo([1.5, 0.75, 0.5]));
        }
        var attributes = report.GetProperty("attributes").EnumerateArray().ToList();
        Assert.That(
            attributes.Select(a => a.GetProperty("name").GetString()),
            Is.EqualTo(["intensity", "label", "color"])
        );
        Assert.That(attributes[0].GetProperty("counts").ValueKind, Is.EqualTo(JsonValueKind.Null), "no integers");
        Assert.That(
            attributes[1].GetProperty("counts").GetRawText(),
            Does.Match(@"\{\s*""4"": 1,\s*""7"": 1,\s*""9"": 2\s*\}")
        );
        Assert.That(attributes[2].GetProperty("components").GetInt32(), Is.EqualTo(3));
        Assert.That(attributes[2].GetProperty("max").Doubles(), Is.EqualTo([33.0, 2, 255]));

        var levels = report.GetProperty("voxels").EnumerateArray().ToList();
        Assert.That(levels.Select(level => level.GetProperty("size").GetDouble()), Is.EqualTo([1.0, 0.5]));
        var level = levels[0];
        using (Assert.EnterMultipleScope())
        {
            // (0, 0, 0) and (1, 0, 0): neighbours of each other, in one coarse voxel.
            Assert.That(level.GetProperty("voxels").GetInt64(), Is.EqualTo(2));
            Assert.That(level.GetProperty("points_per_voxel").GetDouble(), Is.EqualTo(2));
            Assert.That(level.GetProperty("occupancy").GetDouble(), Is.EqualTo(1));
            Assert.That(level.GetProperty("kernel3").GetProperty("pairs").GetInt64(), Is.EqualTo(4));
            Assert.That(level.GetProperty("kernel3").GetProperty("mean_neighbours").GetDouble(), Is.EqualTo(2));
            Assert.That(level.GetProperty("kernel2_stride2").GetProperty("output_voxels").GetInt64(), Is.EqualTo(1));
            Assert.That(level.GetProperty("kernel2_stride2").GetProperty("pairs").GetInt64(), Is.EqualTo(2));
        }
    }

    [Test]
    public void A_cloud_is_told_to_people()
    {
        var text = Sparseconv.Text("info", Small.Ply(Folder));
        Assert.That(text, Does.Contain("points  4").And.Contain("intensity").And.Contain("UInt8 x 3"));
        Assert.That(text, Does.Contain("4: 1, 7: 1, 9: 2").And.Contain("neighbours of 27"));
    }

    [Test]
    public void Points_without_a_place_are_counted_and_left_out()
    {
        var path = Small.Ply(Folder, cloud: Small.WithHole());
        var report = Sparseconv.Json("info", path, "--size", "1");
        Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(4));
        Assert.That(report.GetProperty("finite_points").GetInt32(), Is.EqualTo(3));
        Assert.That(Sparseconv.Text("info", path), Does.Contain("4, 3 of them with a finite position"));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Few_points_are_no_trouble(int count)
    {
        var path = Small.Ply(Folder, cloud: Small.Cloud().Select(Enumerable.Range(0, count).ToArray()));
        Assert.That(Sparseconv.Json("info", path).GetProperty("voxels").GetArrayLength(), Is.EqualTo(count));
        Assert.That(Sparseconv.Text("info", path), Does.Contain($"points  {count}"));
    }

    [Test]
    public void Sizes_suit_the_extent_where_none_are_given()
    {
        var scene = new GeneratedStreetScenes(1, 1, azimuthSteps: 60).Load(0);
        foreach (var scale in new[] { 1f, 1000f })
        {
            var path = Small.Ply(Folder, cloud: scene.WithPositions([.. scene.Positions.Select(x => x * scale)]));
            var levels = Sparseconv.Json("info", path).GetProperty("voxels").EnumerateArray().ToList();
            var perVoxel = levels.ConvertAll(level => level.GetProperty("points_per_voxel").GetDouble());
            Assert.That(levels, Has.Count.EqualTo(4));
            Assert.That(perVoxel[0], Is.InRange(1.1, 5));
            Assert.That(perVoxel, Is.Ordered);
        }
    }

    [Test]
    public void A_volume_is_told()
    {
        var values = new NumberArray(new short[] { 0, 0, 3, -1, 0, 0 }, 1, 2, 3);
        NiftiFile.Write(Folder["v.nii.gz"], new Volume(values, [0.5, 1, 2]) { Slope = 2 });
        var report = Sparseconv.Json("info", Folder["v.nii.gz"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("kind").GetString(), Is.EqualTo("volume"));
            Assert.That(report.GetProperty("format").GetString(), Is.EqualTo("nii.gz"));
            Assert.That(report.GetProperty("shape").Doubles(), Is.EqualTo([3.0, 2, 1]), "x first");
            Assert.That(report.GetProperty("voxel_size").Doubles(), Is.EqualTo([0.5, 1, 2]));
            Assert.That(report.GetProperty("min").GetDouble(), Is.EqualTo(-2));
            Assert.That(report.GetProperty("max").GetDouble(), Is.EqualTo(6));
            Assert.That(report.GetProperty("occupancy").GetDouble(), Is.EqualTo(1.0 / 3));
        }
        Assert.That(
            Sparseconv.Text("info", Folder["v.nii.gz"]),
            Does.Contain("3 x 2 x 1 of Int16").And.Contain("33.3 %")
        );
    }

    [Test]
    public void A_model_directory_is_told()
    {
        var model = Small.Model(Folder);
        var report = Sparseconv.Json("info", model);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("kind").GetString(), Is.EqualTo("model"));
            Assert.That(
                report.GetProperty("architecture").GetString(),
                Does.StartWith("MinkUNet14, 2 channels in, 3 out")
            );
            Assert.That(report.GetProperty("inputs").Strings(), Is.EqualTo(["intensity", "z"]));
            Assert.That(report.GetProperty("classes").Strings(), Is.EqualTo(["none", "low", "high"]));
            Assert.That(report.GetProperty("ignored_class").GetString(), Is.EqualTo("none"));
        }
        Assert.That(Sparseconv.Text("info", model), Does.Contain("none, low, high"));
    }

    [Test]
    public void An_archive_is_a_cloud_or_weights_by_what_is_in_it()
    {
        PointCloudFile.Write(Folder["cloud.npz"], Small.Cloud());
        Weights.Write(Folder["weights.npz"], [new("a.weight", torch.zeros(2, 3))]);
        Assert.That(Sparseconv.Json("info", Folder["cloud.npz"]).GetProperty("points").GetInt32(), Is.EqualTo(4));
        Assert.That(Sparseconv.Json("info", Folder["weights.npz"]).GetProperty("numbers").GetInt32(), Is.EqualTo(6));
    }

    [Test]
    public void What_cannot_be_told_is_told_so()
    {
        File.WriteAllText(Folder["a.foo"], "");
        File.WriteAllText(Folder["bad.ply"], "ply\nformat binary_little_endian 1.0\nelement vertex 9\n");
        Sparseconv.Fails(
            2,
            ["info", Folder["a.foo"]],
            "\".foo\" is no known format",
            ".ply",
            ".nii.gz",
            ".safetensors"
        );
        Sparseconv.Fails(2, ["info", Folder.Root], "without a config.json");
        Sparseconv.Fails(1, ["info", Folder["none.ply"]], Folder["none.ply"], "no such file");
        Sparseconv.Fails(1, ["info", Folder["none.nii"]], Folder["none.nii"], "no such file");
        Sparseconv.Fails(1, ["info", Folder["none.npz"]], "no such file");
        Sparseconv.Fails(1, ["info", Folder["none.pt"]], "none.pt");
        Sparseconv.Fails(1, ["info", Folder["bad.ply"]], Folder["bad.ply"]);
        Sparseconv.Fails(2, ["info"], "sparseconv info --help");
        Sparseconv.Fails(2, ["info", "a.ply", "--size", "0"], "--size is 0, must be greater than 0");
        Sparseconv.Fails(2, ["info", "a.ply", "--size", "wide"], "wide");
        Sparseconv.Fails(1, ["info", Small.Ply(Folder), "--size", "1e-12"], "within 32 bits");
    }

    [TestCase("las/autzen_trim.las", 110_000)]
    [TestCase("las/laspy_simple1_4.las", null)]
    [TestCase("pcd/test0.pcd", 307_200)]
    [TestCase("ply/redkitchen_000.ply", 258_342)]
    [TestCase("kitti/object-000008.bin", 17_238)]
    [TestCase("shapenet-cap/val/01.ply", null)]
    public void Real_files_are_told(string name, int? points)
    {
        var path = Path.Combine(RealData.Folder(Path.GetDirectoryName(name)!), Path.GetFileName(name));
        var report = Sparseconv.Json("info", path);
        if (points is { } count)
        {
            Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(count));
        }
        var levels = report.GetProperty("voxels").EnumerateArray().ToList();
        Assert.That(levels, Has.Count.EqualTo(4));
        Assert.That(levels.Select(level => level.GetProperty("voxels").GetInt64()), Is.Ordered.Descending);
        // The pairs of a coarse voxel are the fine voxels in it: each once.
        Assert.That(
            levels.Select(level => level.GetProperty("kernel2_stride2").GetProperty("pairs").GetInt64()),
            Is.EqualTo(levels.Select(level => level.GetProperty("voxels").GetInt64()))
        );
    }
}
