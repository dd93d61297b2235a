namespace TorchSharp.SparseConv.Data.Tests.Files;

// Values of the real files were computed without this library.
internal sealed class RealFileTests
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

    [TestCase(
        "autzen_trim",
        3,
        110_000,
        "1:83893 2:26107",
        11_220_547,
        12_255_922,
        245379.39843682514,
        245385.91112104454
    )]
    [TestCase(
        "mvk-thin",
        1,
        6_280,
        "1:129 2:1693 4:141 5:578 9:37 12:3702",
        314_753,
        0,
        338834.4992465918,
        340756.309420167
    )]
    [TestCase(
        "warsaw_small",
        3,
        3_000,
        "0:433 2:1381 3:257 4:27 5:902",
        7_534_588,
        86_255_104,
        206860645.046875,
        206946275.5600586
    )]
    [TestCase("laspy_simple1_4", 7, 22_600, "0:22600", 0, 961_731_840, 0, 0)]
    public void Aerial_scans(
        string name,
        int format,
        int count,
        string classes,
        long intensity,
        long red,
        double first,
        double last
    )
    {
        var path = Path.Combine(RealData.Folder("las"), name + ".las");
        var header = LasFile.ReadHeader(path);
        Assert.That((header.PointFormat, header.PointCount), Is.EqualTo((format, (long)count)));
        var cloud = PointCloudFile.Read(path);
        Assert.That(
            string.Join(' ', Histogram(cloud.Labels!).Select(row => $"{row.Label}:{row.Count}")),
            Is.EqualTo(classes)
        );
        Assert.That(cloud.Find("intensity")!.Values.As<ushort>().Sum(value => (long)value), Is.EqualTo(intensity));
        Assert.That(
            cloud.Find("color")?.Values.As<ushort>().Where((_, i) => i % 3 == 0).Sum(value => (long)value) ?? 0,
            Is.EqualTo(red)
        );
        var times = cloud.Find("gps_time")!.Values.As<double>();
        Assert.That((times.Min(), times.Max()), Is.EqualTo((first, last)));
    }

    [TestCase("autzen_trim", 636001.76, 637179.22, 848935.20, 849497.90, 406.26, 520.51)]
    [TestCase("mvk-thin", 2045001.76, 2049993.92, 1267501.19, 1272499.79, 95.79, 228.73)]
    [TestCase("warsaw_small", 639913.26, 639946.75, 485143.14, 485175.91, 84.70, 104.55)]
    [TestCase("laspy_simple1_4", 1, 226, 1, 100, 44, 254)]
    public void Aerial_scans_are_where_they_were_flown(string name, params double[] bounds)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(RealData.Folder("las"), name + ".las");
        var header = LasFile.ReadHeader(path);
        var cloud = PointCloudFile.Read(path);
        LasFile.Write(folder["a.las"], cloud, header.Scale.Z, header);
        var again = PointCloudFile.Read(folder["a.las"]);
        foreach (var read in new[] { cloud, again })
        {
            for (var axis = 0; axis < 3; axis++)
            {
                var (low, high) = Bounds(read, axis);
                Assert.That(read.Origin[axis] + low, Is.EqualTo(bounds[2 * axis]).Within(2.5e-4));
                Assert.That(read.Origin[axis] + high, Is.EqualTo(bounds[2 * axis + 1]).Within(2.5e-4));
            }
        }
        Assert.That(LasFile.ReadHeader(folder["a.las"]).PointFormat, Is.EqualTo(header.PointFormat));
        Assert.That(again.Labels, Is.EqualTo(cloud.Labels));
        Assert.That(again.Attributes.Select(a => a.Name), Is.EqualTo(cloud.Attributes.Select(a => a.Name)));
    }

    [TestCase("kitti/000000.bin", 123_389, -79.60240173339844f, 79.00471496582031f, 0.9900000095367432f)]
    [TestCase("kitti/object-000008.bin", 17_238, 2.8889999389648438f, 76.83499908447266f, 0.9900000095367432f)]
    [TestCase(
        "semantic-kitti/sequences/00/velodyne/000000.bin",
        51_770,
        -78.08739471435547f,
        76.21647644042969f,
        0.9900000095367432f
    )]
    public void Street_scans(string name, int count, float low, float high, float brightest)
    {
        var cloud = PointCloudFile.Read(
            Path.Combine(RealData.Folder(Path.GetDirectoryName(name)!), Path.GetFileName(name))
        );
        Assert.That(cloud.Count, Is.EqualTo(count));
        Assert.That(Bounds(cloud, 0), Is.EqualTo((low, high)));
        Assert.That(cloud.Intensity!.Max(), Is.EqualTo(brightest));
    }

    [Test]
    public void Raw_labels_of_a_street_scan()
    {
        var folder = RealData.Folder("semantic-kitti/sequences/00/velodyne");
        var labels = PointCloudFile.Read(Path.Combine(folder, "000000.bin")).Labels!;
        const string Expected =
            "0:1992 10:1918 32:42 40:15814 44:1328 48:11909 50:6340 51:122 70:10499 71:520 72:968 80:270 81:48";
        Assert.That(
            string.Join(' ', Histogram(labels).Select(row => $"{row.Label}:{row.Count}")),
            Is.EqualTo(Expected)
        );
    }

    [Test]
    public void Handwritten_digits()
    {
        var folder = RealData.Folder("mnist");
        var images = IdxFile.Read(Path.Combine(folder, "t10k-images-idx3-ubyte.gz"));
        Assert.That(images.ToString(), Is.EqualTo("UInt8 (10000, 28, 28)"));
        Assert.That(images.As<byte>().Sum(value => (long)value), Is.EqualTo(264_923_200));
        var labels = IdxFile.Read(Path.Combine(folder, "train-labels-idx1-ubyte.gz"));
        var counts = Histogram(labels.ToInt32()).Select(row => row.Count);
        Assert.That(counts, Is.EqualTo(new[] { 5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949 }));
    }

    [Test]
    public void A_head_in_the_scanner()
    {
        var volume = NiftiFile.Read(Path.Combine(RealData.Folder("medical"), "CT_AVM.nii.gz"));
        Assert.That(volume.Values.ToString(), Is.EqualTo("UInt8 (154, 242, 256)"));
        Assert.That(volume.VoxelSize, Is.EqualTo(new double[] { 0.719942569732666f, 0.7209135890007019f, 1 }));
        Assert.That((volume.Slope, volume.Intercept), Is.EqualTo(((double)2.208627462387085f, 0.0)));
        Assert.That(volume.Affine[3], Is.EqualTo((double)-73.39768981933594f));
        var values = volume.Values.As<byte>();
        Assert.That(
            (values.Count(value => value != 0), values.Sum(value => (long)value)),
            Is.EqualTo((392_297, 22_359_514L))
        );
        Assert.That(volume.ToSingle().Max(), Is.EqualTo(255 * 2.208627462387085f).Within(1e-3));
    }

    [Test]
    public void Tissues_of_a_head()
    {
        var volume = NiftiFile.Read(Path.Combine(RealData.Folder("medical"), "mni152_pveseg.nii.gz"));
        var expected = new[] { (0, 5_997_681), (1, 908_223), (2, 2_262_238), (3, 2_225_138) };
        Assert.That(Histogram(volume.Values.ToInt32()), Is.EqualTo(expected));
        Assert.That(volume.Values.As<byte>()[(60 * 256 + 120) * 207 + 100], Is.EqualTo(3));
    }

    [Test]
    public void Arrays_of_other_libraries()
    {
        var folder = RealData.Folder("golden/me/subm_k3");
        var weight = NpyFile.Read(Path.Combine(folder, "weight_kio.npy"));
        Assert.That(weight.ToString(), Is.EqualTo("Float32 (27, 8, 16)"));
        Assert.That(
            (weight.As<float>()[0], weight.As<float>()[^1]),
            Is.EqualTo((-0.1640269011259079f, -0.1905924528837204f))
        );
        var coordinates = NpyFile.Read(Path.Combine(folder, "in_coords.npy"));
        Assert.That(coordinates.ToString(), Is.EqualTo("Int32 (4000, 4)"));
        Assert.That(coordinates.As<int>().Sum(), Is.EqualTo(403_755));
    }

    private static (int Label, int Count)[] Histogram(int[] labels) =>
        [.. labels.GroupBy(label => label).OrderBy(same => same.Key).Select(same => (same.Key, same.Count()))];

    private static (float Low, float High) Bounds(PointCloud cloud, int axis)
    {
        var values = cloud.Positions.Where((_, i) => i % 3 == axis).ToList();
        return (values.Min(), values.Max());
    }
}
