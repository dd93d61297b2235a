using System.Buffers.Binary;

namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class SemanticKittiTests : FolderTests
{
    private static readonly float[] TwoPoints = [1, 2, 3, 0.5f, -4, -5, -6, 0.25f];

    [Test]
    public void A_scan_is_read_as_its_bytes_say()
    {
        var cloud = SemanticKitti.ReadScan(Scan(TwoPoints));
        Assert.Multiple(() =>
        {
            Assert.That(cloud.Positions, Is.EqualTo(new float[] { 1, 2, 3, -4, -5, -6 }));
            Assert.That(cloud.Intensity, Is.EqualTo(new[] { 0.5f, 0.25f }));
            Assert.That(cloud.Labels, Is.Null);
        });
    }

    [Test]
    public void What_is_written_is_read_back()
    {
        var cloud = new PointCloud([1, 2, 3, 4, 5, 6], [0.1f, 0.2f]);
        var labels = Enumerable.Range(0, SemanticKittiClasses.Count).ToArray();
        SemanticKitti.WriteScan(Folder["a.bin"], cloud);
        SemanticKitti.WriteLabels(Folder["a.label"], labels);
        var read = SemanticKitti.ReadScan(Folder["a.bin"]);
        Assert.Multiple(() =>
        {
            Assert.That(read.Positions, Is.EqualTo(cloud.Positions));
            Assert.That(read.Intensity, Is.EqualTo(cloud.Intensity));
            Assert.That(SemanticKitti.ReadLabels(Folder["a.label"]), Is.EqualTo(labels));
        });
    }

    // Raw id and class, as the data set's own configuration file has them.
    [TestCase(0u, 0)]
    [TestCase(1u, 0)]
    [TestCase(10u, 1)]
    [TestCase(252u, 1)]
    [TestCase(13u, 5)]
    [TestCase(256u, 5)]
    [TestCase(258u, 4)]
    [TestCase(253u, 7)]
    [TestCase(60u, 9)]
    [TestCase(52u, 0)]
    [TestCase(81u, 19)]
    [TestCase(99u, 0)]
    [TestCase(0x0007_0046u, 15)] // instance 7 of vegetation
    public void Labels_are_mapped_to_the_learning_classes(uint raw, int expected) =>
        Assert.That(SemanticKitti.ReadLabels(LabelFile(raw)), Is.EqualTo(new[] { expected }));

    [Test]
    public void The_raw_id_of_a_class_maps_back_to_it() =>
        Assert.That(
            Enumerable.Range(0, SemanticKittiClasses.Count).Select(SemanticKittiClasses.RawId),
            Is.EqualTo(new[] { 0, 10, 11, 15, 18, 20, 30, 31, 32, 40, 44, 48, 49, 50, 51, 70, 71, 72, 80, 81 })
        );

    [Test]
    public void A_scan_cut_off_in_a_point_names_file_place_and_expectation()
    {
        var path = Folder["cut.bin"];
        File.WriteAllBytes(path, new byte[16 * 3 + 7]);
        var error = Assert.Throws<PointCloudException>(() => SemanticKitti.ReadScan(path));
        Assert.Multiple(() =>
        {
            Assert.That(error.FilePath, Is.EqualTo(path));
            Assert.That(error.Offset, Is.EqualTo(48));
            Assert.That(error.Message, Does.Contain(path).And.Contain("7 bytes").And.Contain("points of 16 bytes"));
        });
    }

    [Test]
    public void An_empty_scan_is_refused() =>
        Assert.That(
            () => SemanticKitti.ReadScan(Scan([])),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("is empty")
        );

    [Test]
    public void A_missing_scan_is_named() =>
        Assert.That(
            () => SemanticKitti.ReadScan(Folder["none.bin"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("none.bin: there is no such file")
        );

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void A_coordinate_that_is_not_finite_is_named_by_point_and_place(float value)
    {
        var error = Assert.Throws<PointCloudException>(() =>
            SemanticKitti.ReadScan(Scan([1, 2, 3, 0, 1, value, 3, 0]))
        );
        Assert.Multiple(() =>
        {
            Assert.That(error.Offset, Is.EqualTo(20));
            Assert.That(error.Message, Does.Contain("y of point 1"));
        });
    }

    // A sparse file of 1.6 TB: reading it would need more memory than there is, so the length alone must refuse it.
    [Test]
    public void An_impossible_length_is_refused_before_memory_is_taken()
    {
        var path = Folder["huge.bin"];
        using (var file = File.Create(path))
        {
            try
            {
                file.SetLength(100_000_000_000L * 16);
            }
            catch (IOException)
            {
                Assert.Ignore("the file system has no sparse files of this size");
            }
        }
        Assert.That(
            () => SemanticKitti.ReadScan(path),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("at most")
        );
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Labels_that_do_not_match_the_points_are_refused(int count)
    {
        var path = LabelFile([.. Enumerable.Repeat(10u, count)]);
        Assert.That(
            () => SemanticKitti.Read(new ScanFile("00", "000000", Scan(TwoPoints), path)),
            Throws
                .TypeOf<PointCloudException>()
                .With.Message.Contains("must be 8 bytes")
                .And.Message.Contains("2 points")
        );
    }

    [Test]
    public void An_undefined_label_is_named()
    {
        var error = Assert.Throws<PointCloudException>(() => SemanticKitti.ReadLabels(LabelFile(10, 17)));
        Assert.Multiple(() =>
        {
            Assert.That(error.Offset, Is.EqualTo(4));
            Assert.That(error.Message, Does.Contain("point 1 is 17"));
        });
    }

    [Test]
    public void Writing_an_impossible_label_leaves_no_file()
    {
        Assert.That(() => SemanticKitti.WriteLabels(Folder["a.label"], [3, 20]), Throws.ArgumentException);
        Assert.That(File.Exists(Folder["a.label"]), Is.False);
    }

    [Test]
    public void Scans_come_in_the_order_of_sequences_and_frames()
    {
        foreach (var name in new[] { "08/velodyne/000001", "08/velodyne/000000", "00/velodyne/000005" })
        {
            File.WriteAllBytes(Folder[$"sequences/{name}.bin"], new byte[16]);
        }
        var scans = SemanticKitti.Scans(Folder.Root, ["08", "00"]);
        Assert.That(scans.Select(scan => scan.ToString()), Is.EqualTo(new[] { "08/000000", "08/000001", "00/000005" }));
    }

    [Test]
    public void A_missing_sequence_is_refused_with_the_layout_expected() =>
        Assert.That(
            () => SemanticKitti.Scans(Folder.Root, ["42"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("sequences/42/velodyne/*.bin")
        );

    [Test]
    public void A_scan_without_its_labels_is_refused()
    {
        File.WriteAllBytes(Folder["sequences/00/velodyne/000000.bin"], new byte[16]);
        File.WriteAllBytes(Folder["sequences/00/labels/000001.label"], new byte[4]);
        Assert.That(
            () => new SemanticKittiDataset(Folder.Root, "00"),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("000000.label")
        );
    }

    [Test]
    public void Real_scans_are_read()
    {
        var data = new SemanticKittiDataset(RealData.Folder("semantic-kitti"), "00", "08");
        var cloud = data.Load(21);
        Assert.Multiple(() =>
        {
            Assert.That(data.Count, Is.EqualTo(26));
            Assert.That(data.Name(21), Does.StartWith("08/"));
            Assert.That(cloud.Count, Is.InRange(40_000, 60_000));
            Assert.That(cloud.Labels!.Count(label => label == 9), Is.GreaterThan(cloud.Count / 20), "road");
        });
    }

    private string Scan(float[] values)
    {
        var bytes = new byte[sizeof(float) * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(sizeof(float) * i), values[i]);
        }
        File.WriteAllBytes(Folder["scan.bin"], bytes);
        return Folder["scan.bin"];
    }

    private string LabelFile(params uint[] raw)
    {
        var bytes = new byte[sizeof(uint) * raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(uint) * i), raw[i]);
        }
        File.WriteAllBytes(Folder["scan.label"], bytes);
        return Folder["scan.label"];
    }
}
