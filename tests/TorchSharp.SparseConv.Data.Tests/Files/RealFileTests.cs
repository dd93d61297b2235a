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

    private static (float Low, float High) Bounds(PointCloud cloud, int axis)
    {
        var values = cloud.Positions.Where((_, i) => i % 3 == axis).ToList();
        return (values.Min(), values.Max());
    }
}
