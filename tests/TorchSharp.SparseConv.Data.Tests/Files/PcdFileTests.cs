using System.Text;

namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class PcdFileTests
{
    private const string Header = "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\n";

    [Test]
    public void Every_field_comes_back([Values] PcdEncoding encoding)
    {
        using var folder = new TempFolder();
        var alpha = new PointCloud([1, 2, 3], Origin.Zero, new PointAttribute("color", new byte[] { 1, 2, 3, 255 }, 4));
        var deep = new PointCloud(
            [1, 2, 3],
            Origin.Zero,
            new PointAttribute("color", new ushort[] { 1, 2, 3 }, 3),
            new("id", new ulong[] { ulong.MaxValue })
        );
        foreach (var cloud in new[] { Clouds.Rich(), Clouds.Far(), Clouds.Rich(0), Clouds.Rich(5000), alpha, deep })
        {
            PcdFile.Write(folder["a.pcd"], cloud, encoding);
            Clouds.AssertEqual(PcdFile.Read(folder["a.pcd"]), cloud);
        }
    }

    [Test]
    public void Blocks_are_the_whole_in_pieces([Values] PcdEncoding encoding)
    {
        using var folder = new TempFolder();
        var cloud = Clouds.Rich(7);
        PcdFile.Write(folder["a.pcd"], cloud, encoding);
        var blocks = PointCloudFile.ReadBlocks(folder["a.pcd"], 3).ToArray();
        Clouds.AssertEqual(blocks[0], cloud.Select([0, 1, 2]));
        Clouds.AssertEqual(blocks[1], cloud.Select([3, 4, 5]));
        Clouds.AssertEqual(blocks[2], cloud.Select([6]));
    }

    [Test]
    public void Padding_is_passed_over()
    {
        using var folder = new TempFolder();
        File.WriteAllText(
            folder["a.pcd"],
            "# made by hand\nVERSION 0.7\nFIELDS x _ y z normal_x normal_y "
                + "normal_z w\nSIZE 4 1 4 4 8 8 8 2\nTYPE F U F F F F F I\n"
                + "COUNT 1 2 1 1 1 1 1 2\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n1 9 9 2 3 4 5 6 -7 8\n"
        );
        var cloud = PcdFile.Read(folder["a.pcd"]);
        Assert.That(cloud.Positions, Is.EqualTo(new float[] { 1, 2, 3 }));
        Assert.That(cloud.Find("normal")!.Values.As<double>(), Is.EqualTo(new double[] { 4, 5, 6 }));
        Assert.That(cloud.Find("w")!.Values.As<short>(), Is.EqualTo(new short[] { -7, 8 }));
    }

    [Test]
    public void Colours_are_packed_as_PCL_packs_them()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud(
            [1, 2, 3],
            Origin.Zero,
            new PointAttribute("color", new byte[] { 0x11, 0x22, 0x33 }, 3)
        );
        PcdFile.Write(folder["a.pcd"], cloud);
        var bytes = File.ReadAllBytes(folder["a.pcd"]);
        Assert.That(
            Encoding.ASCII.GetString(bytes),
            Does.Contain("FIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\n")
        );
        Assert.That(bytes[^4..], Is.EqualTo(new byte[] { 0x33, 0x22, 0x11, 0 }));
    }

    // Made by hand after the format's description: a literal run, then a copy that overlaps what it makes.
    [TestCase(new byte[] { 1, 65, 66, 0x40, 1 }, "ABABAB")]
    [TestCase(new byte[] { 0, 65, 0xe0, 3, 0 }, "AAAAAAAAAAAAA")]
    public void Compressed_bytes_mean_what_the_format_says(byte[] compressed, string expected)
    {
        var bytes = new byte[expected.Length];
        Assert.That(Lzf.Decompress(compressed, bytes), Is.EqualTo(-1));
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo(expected));
    }

    [TestCase(new byte[] { 5, 65 }, TestName = "a run longer than the input")]
    [TestCase(new byte[] { 3, 65, 65, 65, 65 }, TestName = "a run longer than the output")]
    [TestCase(new byte[] { 0, 65, 0x20, 1 }, TestName = "a copy from before the beginning")]
    [TestCase(new byte[] { 0, 65, 0xe0, 255, 0 }, TestName = "a copy longer than the output")]
    [TestCase(new byte[] { 0, 65, 0xe0 }, TestName = "a copy without its length")]
    [TestCase(new byte[] { 0, 65 }, TestName = "too little")]
    public void Compressed_bytes_that_run_over_are_noticed(byte[] compressed) =>
        Assert.That(Lzf.Decompress(compressed, new byte[3]), Is.GreaterThanOrEqualTo(0));

    [Test]
    public void Compression_is_undone(
        [Values(0, 1, 2, 3, 33, 300, 70_000)] int length,
        [Values(1, 2, 5, 256)] int alphabet
    )
    {
        var random = new Random(length + alphabet);
        byte[] bytes = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(alphabet))];
        var compressed = Lzf.Compress(bytes);
        var again = new byte[length];
        Assert.That(Lzf.Decompress(compressed, again), Is.EqualTo(-1));
        Assert.That(again, Is.EqualTo(bytes));
        Assert.That(compressed, Has.Length.LessThan(alphabet == 1 ? 16 + length / 60 : length + length / 32 + 16));
    }

    [TestCase(Header + "WIDTH 2\nHEIGHT 1\nPOINTS 3\nDATA ascii\n", "must be the same")]
    [TestCase(Header + "WIDTH 2\nHEIGHT 4611686018427387904\nDATA ascii\n", "WIDTH x HEIGHT")]
    [TestCase(Header + "WIDTH -2\nHEIGHT -1\nPOINTS 2\nDATA ascii\n", "WIDTH is -2")]
    [TestCase(Header + "POINTS 1000000000000\nDATA ascii\n", "expected 1000000000000 points")]
    [TestCase(Header + "POINTS 1000000000000\nDATA binary\n", "expected 1000000000000 points")]
    [TestCase(Header + "POINTS 1000000000000\nDATA binary_compressed\n12345678", "1000000000000 points")]
    [TestCase(Header + "POINTS 100000\nDATA binary_compressed\n\u0001\0\0\0\u0080\u004f\u0012\0", "1 compressed bytes")]
    [TestCase(Header + "COUNT 1 1 1000000000\nPOINTS 1\nDATA ascii\n", "1000000002 numbers")]
    [TestCase(Header + "COUNT 1 1 -1\nPOINTS 1\nDATA ascii\n", "COUNT -1")]
    [TestCase(Header + "COUNT 1 1\nPOINTS 1\nDATA ascii\n", "COUNT has 2 entries, must have 3")]
    [TestCase(Header + "POINTS nan\nDATA ascii\n", "POINTS is nan")]
    [TestCase(Header + "POINTS 1\nDATA lzma\n", "DATA lzma")]
    [TestCase(Header + "POINTS 1\nPOINTS 1\nDATA ascii\n", "said twice")]
    [TestCase("VERSION .7\nFIELDS x y z\nSIZE 4 4 3\nTYPE F F F\nPOINTS 1\nDATA ascii\n", "SIZE 3")]
    [TestCase("VERSION .7\nFIELDS x y\nSIZE 4 4\nTYPE F F\nPOINTS 1\nDATA ascii\n1 2 3\n", "no property z")]
    [TestCase("VERSION .7\nPOINTS 1\nDATA ascii\n", "no line FIELDS")]
    [TestCase("hello", "which is no PCD")]
    [TestCase("", "expected a line DATA")]
    public void Malformed_headers_are_refused(string text, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.pcd"], text, Encoding.Latin1);
        Assert.That(
            () => PcdFile.Read(folder["a.pcd"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem).And.Message.Contains("at byte")
        );
    }
}
