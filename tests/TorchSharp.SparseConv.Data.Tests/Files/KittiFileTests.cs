namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class KittiFileTests
{
    [TestCase("a.bin", "a.label")]
    [TestCase("00/velodyne/a.bin", "00/velodyne/a.label")]
    [TestCase("01/velodyne/a.bin", "01/labels/a.label")]
    public void Raw_labels_and_instances_come_back(string scan, string label)
    {
        using var folder = new TempFolder();
        if (label.Contains("labels", StringComparison.Ordinal))
        {
            _ = folder[label];
        }
        var cloud = new PointCloud([1, 2, 3, 4, 5, 6], [0.5f, 1], [252, 65535]).With(
            new PointAttribute("instance", new ushort[] { 7, 0 })
        );
        PointCloudFile.Write(folder[scan], cloud);
        Assert.That(File.ReadAllBytes(folder[label]), Is.EqualTo(new byte[] { 252, 0, 7, 0, 255, 255, 0, 0 }));
        var again = PointCloudFile.Read(folder[scan]);
        Assert.That(again.Positions, Is.EqualTo(cloud.Positions));
        Assert.That(again.Intensity, Is.EqualTo(cloud.Intensity));
        Assert.That(again.Labels, Is.EqualTo(cloud.Labels));
        Assert.That(again.Find("instance")!.Values.ToInt32(), Is.EqualTo(new[] { 7, 0 }));
        Assert.That(
            PointCloudFile.ReadBlocks(folder[scan], 1).Select(block => block.Labels![0]),
            Is.EqualTo(new[] { 252, 65535 })
        );
    }

    [Test]
    public void Labels_that_do_not_fit_leave_no_file()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => KittiFile.Write(folder["a.bin"], new PointCloud([1, 2, 3], null, [-1])),
            Throws.ArgumentException.With.Message.Contains("point 0")
        );
        Assert.That(File.Exists(folder["a.bin"]), Is.False);
    }

    [Test]
    public void Labels_of_another_scan_are_refused()
    {
        using var folder = new TempFolder();
        KittiFile.Write(folder["a.bin"], new PointCloud([1, 2, 3]));
        File.WriteAllBytes(folder["a.label"], new byte[8]);
        Assert.That(
            () => KittiFile.Read(folder["a.bin"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("a.label")
        );
    }
}
