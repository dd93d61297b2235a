using System.Text;

namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class PlyFileTests
{
    public const string FacesAndLists =
        "ply\r\nformat ascii 1.0\r\ncomment made by hand\r\nobj_info none\r\nelement camera 2\r\nproperty float f\r\n"
        + "element vertex 2\r\nproperty double x\r\nproperty double y\r\nproperty list uchar int neighbours\r\n"
        + "property double z\r\nproperty uchar label\r\nelement face 1\r\nproperty list uchar int vertex_indices\r\n"
        + "end_header\r\n1.5\r\n2.5\r\n\r\n1 2.5 2 7 8 -3e-1 4\r\n 5\t6 0 7 255  \r\n3 0 1 1\r\n";

    private const string Header =
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n";

    [Test]
    public void Every_property_comes_back([Values] PlyEncoding encoding)
    {
        using var folder = new TempFolder();
        foreach (var cloud in new[] { Clouds.Rich(), Clouds.Far(), Clouds.Rich(0), Clouds.Rich(3000) })
        {
            PlyFile.Write(folder["a.ply"], cloud, encoding);
            Clouds.AssertEqual(PlyFile.Read(folder["a.ply"]), cloud);
        }
    }

    [Test]
    public void Lists_and_other_elements_are_passed_over()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.ply"], FacesAndLists);
        var cloud = PlyFile.Read(folder["a.ply"]);
        Assert.That(cloud.Positions, Is.EqualTo(new[] { 1, 2.5f, -0.3f, 5, 6, 7 }));
        Assert.That(cloud.Labels, Is.EqualTo(new[] { 4, 255 }));
        Assert.That(cloud.Origin, Is.EqualTo(Origin.Zero));
    }

    [Test]
    public void Lists_and_other_elements_are_passed_over_in_bytes()
    {
        using var folder = new TempFolder();
        var header =
            "ply\nformat binary_big_endian 1.0\nelement camera 2\nproperty float f\nelement face 2\nproperty uchar n\n"
            + "property list ushort int v\nelement vertex 2\nproperty "
            + "list int8 uint16 w\nproperty short x\nproperty short y\n"
            + "property short z\nend_header\n";
        byte[] body =
        [
            .. new byte[8], // two cameras
            9,
            0,
            2,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            2, // a face of two
            9,
            0,
            0, // a face of none
            1,
            7,
            7,
            1,
            2,
            0,
            3,
            255,
            254, // a vertex with one weight: 258, 3, -2
            0,
            0,
            4,
            0,
            5,
            0,
            6,
        ];
        File.WriteAllBytes(folder["a.ply"], [.. Encoding.ASCII.GetBytes(header), .. body]);
        Assert.That(PlyFile.Read(folder["a.ply"]).Positions, Is.EqualTo(new float[] { 258, 3, -2, 4, 5, 6 }));
    }

    [Test]
    public void Blocks_are_the_whole_in_pieces()
    {
        using var folder = new TempFolder();
        var far = Clouds.Far();
        PlyFile.Write(folder["a.ply"], far);
        var blocks = PointCloudFile.ReadBlocks(folder["a.ply"], 2).ToArray();
        Assert.That(blocks.Select(block => block.Count), Is.EqualTo(new[] { 2, 1 }));
        Assert.That(blocks[1].Origin, Is.EqualTo(blocks[0].Origin));
        Clouds.AssertEqual(blocks[0], far.Select([0, 1]));
        Clouds.AssertEqual(blocks[1], far.Select([2]));
    }

    [Test]
    public void Properties_with_numbers_are_one_attribute_where_they_fit_together()
    {
        using var folder = new TempFolder();
        var text =
            "ply\nformat ascii 1.0\nelement vertex 1\nproperty float "
            + "a_0\nproperty float x\nproperty float y\nproperty float z\n"
            + "property float a_1\nproperty int b_0\nproperty float "
            + "b_1\nproperty int c_0\nproperty uchar red\nproperty uchar green\n"
            + "property uchar blue\nproperty uchar alpha\nend_header\n1 2 3 4 5 6 7 8 9 10 11 12\n";
        File.WriteAllText(folder["a.ply"], text);
        Assert.That(
            PlyFile.Read(folder["a.ply"]).Attributes.Select(attribute => attribute.ToString()),
            Is.EqualTo(
                new[] { "a Float32 (1, 2)", "b_0 Int32 (1)", "b_1 Float32 (1)", "c_0 Int32 (1)", "color UInt8 (1, 4)" }
            )
        );
    }

    [TestCase("plx\n", 0, "says ply")]
    [TestCase("ply\nformat ascii 1.0\nelement vertex 2\n", 38, "end_header")]
    [TestCase("ply\nformat ascii 2.0\nend_header\n", 4, "format ascii 2.0")]
    [TestCase("ply\nelement vertex 0\nend_header\n", 21, "no line format")]
    [TestCase("ply\nformat ascii 1.0\nend_header\n", 32, "no element vertex")]
    [TestCase("ply\nformat ascii 1.0\nelement vertex -2\n", 21, "element vertex -2")]
    [TestCase("ply\nformat ascii 1.0\nelement vertex 2\nproperty half x\n", 38, "property half x")]
    [TestCase(
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nend_header\n",
        83,
        "no property z"
    )]
    [TestCase(Header + "property float x\nend_header\n1 2 3 4\n1 2 3 4", 117, "x occurs twice")]
    [TestCase(Header + "property list float int v\nend_header\n", 89, "property list float")]
    [TestCase(Header + "end_header\n1 2 3.000000\n", 113, "point 1 of 2")]
    [TestCase(Header + "end_header\n1 2 3\n4 5 six", 106, "number 3 of the line is \"six\", expected Float32")]
    [TestCase(Header + "end_header\n1 2 3.000000\n4 5 ", 113, "only 2 numbers")]
    [TestCase(Header + "end_header\n1 2 3 7\n4 5 6", 100, "goes on with \"7\"")]
    [TestCase(
        "ply\nformat ascii 1.0\nelement vertex 1000000000000\nproperty "
            + "float x\nproperty float y\nproperty float z\nend_header\n1 2 3",
        112,
        "expected 1000000000000 points"
    )]
    public void Malformed_text_is_refused_with_its_place(string text, int offset, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.ply"], text);
        var error = Assert.Throws<PointCloudException>(() => PlyFile.Read(folder["a.ply"]))!;
        Assert.That(error.Message, Does.StartWith(folder["a.ply"]).And.Contains(problem));
        Assert.That(error.Offset, Is.EqualTo(offset));
    }

    [Test]
    public void Points_that_are_missing_are_noticed_before_memory_is_taken()
    {
        using var folder = new TempFolder();
        PlyFile.Write(folder["a.ply"], Clouds.Rich(10));
        var bytes = File.ReadAllBytes(folder["a.ply"]);
        File.WriteAllBytes(folder["a.ply"], bytes[..^1]);
        Assert.That(
            () => PlyFile.Read(folder["a.ply"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("expected 10 points")
        );
    }

    [Test]
    public void Wide_integers_are_narrowed_where_that_is_exact()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([1, 2, 3]);
        Assert.That(Written(-5L), Is.EqualTo(NumberType.Int32));
        Assert.That(Written((long)uint.MaxValue), Is.EqualTo(NumberType.UInt32));
        Assert.That(Written(1UL << 60), Is.EqualTo(NumberType.Float64));
        Assert.That(
            () => Written(long.MaxValue),
            Throws.ArgumentException.With.Message.Contains("9223372036854775807")
        );

        NumberType Written<T>(T value)
        {
            PlyFile.Write(folder["a.ply"], cloud.With(new PointAttribute("a", new[] { value })));
            return PlyFile.Read(folder["a.ply"]).Find("a")!.Type;
        }
    }

    [Test]
    public void Attributes_that_would_share_a_name_leave_no_file()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud(
            [1, 2, 3],
            Origin.Zero,
            new("red", new int[1]),
            new PointAttribute("color", new byte[3], 3)
        );
        Assert.That(() => PlyFile.Write(folder["a.ply"], cloud), Throws.ArgumentException.With.Message.Contains("red"));
        Assert.That(File.Exists(folder["a.ply"]), Is.False);
    }

    [Test]
    public void Files_that_are_not_there_or_not_known_are_named()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => PointCloudFile.Read(folder["a.ply"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("no such file")
        );
        Assert.That(
            () => PointCloudFile.Read(folder["a.xyq"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(".xyq").And.Message.Contains(".ply")
        );
        Assert.That(() => PointCloudFile.Read(folder.Root + "/.ply"), Throws.TypeOf<PointCloudException>());
    }

    [TestCase(".ply", "ply\nformat ascii 1.0\n", "comment and so on\n")]
    [TestCase(".ply", "ply\nformat ascii 1.0\n", "no end")]
    [TestCase(".ply", "ply\nformat ascii 1.0\nelement vertex 1\n", "property float x\n")]
    [TestCase(".pcd", "", "# and so on\n")]
    [TestCase(".pcd", "FIELDS", " x")]
    public void Headers_without_end_are_given_up(string ending, string begin, string more)
    {
        using var folder = new TempFolder();
        var text = begin + string.Concat(Enumerable.Repeat(more, 8_000_000 / more.Length));
        File.WriteAllText(folder["a" + ending], text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => PointCloudFile.Read(folder["a" + ending]), Throws.TypeOf<PointCloudException>());
        // Strings of at most a megabyte of header.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(30_000_000));
    }
}
