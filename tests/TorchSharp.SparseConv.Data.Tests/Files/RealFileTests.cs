namespace TorchSharp.SparseConv.Data.Tests.Files;

// Values of the real files were computed without this library.
public sealed class RealFileTests
{
    [Test]
    public void A_scanned_room_as_ply()
    {
        var cloud = PointCloudFile.Read(Path.Combine(RealData.Folder("ply"), "redkitchen_000.ply"));
        Assert.That(cloud.Count, Is.EqualTo(258_342));
        Assert.That(cloud.Attributes, Is.Empty);
        Assert.That(
            cloud.Positions[..3],
            Is.EqualTo(new[] { 0.04799997806549072f, 0.21599996089935303f, 0.800000011920929f })
        );
        Assert.That(Bounds(cloud, 0), Is.EqualTo((-1.350000023841858f, 1.49399995803833f)));
        Assert.That(Bounds(cloud, 1), Is.EqualTo((-1.4459999799728394f, 0.690000057220459f)));
        Assert.That(Bounds(cloud, 2), Is.EqualTo((0.800000011920929f, 3.49399995803833f)));
    }

    [Test]
    public void A_depth_picture_as_compressed_pcd()
    {
        var cloud = PointCloudFile.Read(Path.Combine(RealData.Folder("pcd"), "test0.pcd"));
        Assert.That(cloud.Count, Is.EqualTo(307_200));
        Assert.That(
            cloud.Attributes.Select(attribute => attribute.ToString()),
            Is.EqualTo(new[] { "label UInt32 (307200)", "color UInt8 (307200, 4)" })
        );
        Assert.That(
            Histogram(cloud.Labels!),
            Is.EqualTo(new[] { (0, 118_002), (1, 162_732), (20, 16_630), (30, 9_836) })
        );
        var color = cloud.Find("color")!.Values.As<byte>();
        Assert.That(color[..4], Is.EqualTo(new byte[] { 3, 2, 1, 0 }));
        Assert.That(color.Where((_, i) => i % 4 == 0).Sum(c => (long)c), Is.EqualTo(50_827_073));
        Assert.That(color.Where((_, i) => i % 4 == 2).Sum(c => (long)c), Is.EqualTo(45_385_330));
        var seen = cloud.FinitePoints();
        Assert.That(seen.Count, Is.EqualTo(189_198));
        Assert.That(
            seen.Positions[..3],
            Is.EqualTo(new[] { 0.4957199990749359f, -0.30564001202583313f, 1.1339999437332153f })
        );
        Assert.That(Bounds(seen, 2), Is.EqualTo((0.5360000133514404f, 1.2100000381469727f)));
    }

    private static (int Label, int Count)[] Histogram(int[] labels) =>
        [.. labels.GroupBy(label => label).OrderBy(same => same.Key).Select(same => (same.Key, same.Count()))];

    private static (float Low, float High) Bounds(PointCloud cloud, int axis)
    {
        var values = cloud.Positions.Where((_, i) => i % 3 == axis).ToList();
        return (values.Min(), values.Max());
    }
}
