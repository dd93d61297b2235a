using System.Text;

namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class LasFileTests
{
    private static readonly int[] Formats = [.. Enumerable.Range(0, 11)];

    // One point, written field by field after the specification's tables.
    [TestCaseSource(nameof(Formats))]
    public void Every_field_of_every_format_is_read(int format)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a.las"], OnePoint(format));
        var cloud = LasFile.Read(folder["a.las"]);
        Assert.That(cloud.Positions, Is.EqualTo(new[] { 0.5f, -1, 2 }));
        Assert.That(cloud.Origin, Is.EqualTo(Origin.Zero));
        AssertValues(cloud, "intensity", (ushort)60_000);
        AssertValues(cloud, "scan_direction", (byte)1);
        AssertValues(cloud, "edge_of_flight_line", (byte)0);
        AssertValues(cloud, "synthetic", (byte)1);
        AssertValues(cloud, "key_point", (byte)0);
        AssertValues(cloud, "withheld", (byte)1);
        AssertValues(cloud, "user_data", (byte)201);
        AssertValues(cloud, "point_source", (ushort)777);
        AssertValues(cloud, "return_number", (byte)(format < 6 ? 3 : 9));
        AssertValues(cloud, "number_of_returns", (byte)(format < 6 ? 5 : 11));
        Assert.That(cloud.Labels, Is.EqualTo(new[] { format < 6 ? 17 : 200 }));
        if (format < 6)
        {
            AssertValues(cloud, "scan_angle_rank", (sbyte)-9);
        }
        else
        {
            AssertValues(cloud, "overlap", (byte)1);
            AssertValues(cloud, "scanner_channel", (byte)2);
            AssertValues(cloud, "scan_angle", (short)-3000);
        }
        Optional(format is 1 or >= 3, "gps_time", 1234.5);
        Optional(format is 2 or 3 or 5 or 7 or 8 or 10, "color", (ushort)1, (ushort)300, (ushort)65535);
        Optional(format is 8 or 10, "near_infrared", (ushort)4321);
        Optional(format is 4 or 5 or 9 or 10, "wave_packet", (byte)6);
        Optional(format is 4 or 5 or 9 or 10, "waveform_offset", 1UL << 40);
        Optional(format is 4 or 5 or 9 or 10, "waveform_size", 99u);
        Optional(format is 4 or 5 or 9 or 10, "waveform_location", 0.25f);
        Optional(format is 4 or 5 or 9 or 10, "waveform_direction", 1f, 2f, 3f);

        void Optional<T>(bool expected, string name, params T[] values)
        {
            Assert.That(cloud.Find(name) is not null, Is.EqualTo(expected), name);
            if (expected)
            {
                AssertValues(cloud, name, values);
            }
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void What_was_read_is_written_again(int format)
    {
        using var folder = new TempFolder();
        var bytes = OnePoint(format);
        File.WriteAllBytes(folder["a.las"], bytes);
        LasFile.Write(folder["b.las"], LasFile.Read(folder["a.las"]));
        var header = LasFile.ReadHeader(folder["b.las"]);
        Assert.That(header.PointFormat, Is.EqualTo(format));
        var point = LasHeaderBytes(format);
        var again = File.ReadAllBytes(folder["b.las"]);
        var (scale, offset) = (header.Scale.X, header.Offset.X);
        Assert.That(BitConverter.ToInt32(again, point) * scale + offset, Is.EqualTo(0.5));
        Assert.That(again[(point + 12)..], Is.EqualTo(bytes[(point + 12)..]));
        Clouds.AssertEqual(LasFile.Read(folder["b.las"]), LasFile.Read(folder["a.las"]));
    }

    [Test]
    public void What_LAS_has_no_field_for_goes_into_extra_bytes()
    {
        using var folder = new TempFolder();
        // The float intensity and the negative label do not fit their fields either.
        var cloud = Clouds.Rich().Without("color");
        LasFile.Write(folder["a.las"], cloud, scale: 1e-6);
        var again = LasFile.Read(folder["a.las"]);
        foreach (var attribute in cloud.Attributes)
        {
            Assert.That(again.Find(attribute.Name)!.ToString(), Is.EqualTo(attribute.ToString()));
            Assert.That(again.Find(attribute.Name)!.Values.Values, Is.EqualTo(attribute.Values.Values), attribute.Name);
        }
        Assert.That(again.Positions, Is.EqualTo(cloud.Positions).Within(1e-6f));
    }

    [Test]
    public void Map_coordinates_keep_every_step()
    {
        using var folder = new TempFolder();
        foreach (var count in new[] { 3, 4000 })
        {
            var far = new PointCloud(
                [.. Enumerable.Range(0, 3 * count).Select(i => i / 8f)],
                new Origin(637_000, -4_800_000, 250)
            );
            LasFile.Write(folder["a.las"], far, scale: 0.125);
            Assert.That(LasFile.Read(folder["a.las"]).Origin, Is.Not.EqualTo(Origin.Zero));
            LasFile.Write(folder["b.las"], LasFile.Read(folder["a.las"]), scale: 0.125);
            var (a, b) = (LasFile.Read(folder["a.las"]), LasFile.Read(folder["b.las"]));
            Clouds.AssertEqual(a, b);
            Clouds.AssertEqual(new PointCloud(a.Positions, a.Origin), far);
        }
    }

    [Test]
    public void Blocks_are_the_whole_in_pieces()
    {
        using var folder = new TempFolder();
        var far = new PointCloud([1, 2, 3, 4, 5, 6, 7, 8, 9], new Origin(637_000, -4_800_000, 250)).WithLabels([
            1,
            40,
            3,
        ]);
        LasFile.Write(folder["a.las"], far, scale: 0.125);
        var blocks = PointCloudFile.ReadBlocks(folder["a.las"], 2).ToArray();
        Assert.That(blocks.Select(block => block.Labels), Is.EqualTo(new[] { new[] { 1, 40 }, [3] }));
        Assert.That(blocks[1].Origin, Is.EqualTo(blocks[0].Origin));
        Assert.That(blocks[1].Origin.X + blocks[1].Positions[0], Is.EqualTo(637_007));
    }

    [Test]
    public void Bytes_of_a_colour_are_spread_over_sixteen_bits()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([1, 2, 3], Origin.Zero, new PointAttribute("color", new byte[] { 0, 128, 255 }, 3));
        LasFile.Write(folder["a.las"], cloud);
        Assert.That(LasFile.ReadHeader(folder["a.las"]).PointFormat, Is.EqualTo(2));
        AssertValues(LasFile.Read(folder["a.las"]), "color", (ushort)0, (ushort)32896, (ushort)65535);
    }

    [Test]
    public void Extra_bytes_are_scaled_and_named_as_the_file_says()
    {
        using var folder = new TempFolder();
        var descriptors = new byte[3 * 192];
        Describe(0, 14, 8 | 16, "height above"); // two int16, scaled and shifted
        BitConverter.GetBytes(0.5).CopyTo(descriptors, 112);
        BitConverter.GetBytes(2.0).CopyTo(descriptors, 120);
        BitConverter.GetBytes(100.0).CopyTo(descriptors, 136);
        Describe(192, 0, 2, ""); // two bytes of anything
        Describe(384, 9, 0, "label"); // a float that replaces the classification
        byte[] extra = [3, 0, 255, 255, 8, 9, .. BitConverter.GetBytes(77f), 1, 2];
        File.WriteAllBytes(folder["a.las"], OnePoint(0, extra, descriptors));
        var cloud = LasFile.Read(folder["a.las"]);
        AssertValues(cloud, "height_above", 101.5, -2.0);
        AssertValues(cloud, "extra", (byte)8, (byte)9);
        AssertValues(cloud, "extra_bytes", (byte)1, (byte)2);
        Assert.That(cloud.Labels, Is.EqualTo(new[] { 77 }));

        void Describe(int at, byte type, byte options, string name)
        {
            (descriptors[at + 2], descriptors[at + 3]) = (type, options);
            Encoding.ASCII.GetBytes(name).CopyTo(descriptors, at + 4);
        }
    }

    [Test]
    public void A_file_in_blocks_has_the_positions_of_the_whole([Values(1, 2, 3)] int pointsPerBlock)
    {
        using var folder = new TempFolder();
        // The first point is near on one axis and far on the others; the next ones are the other way round.
        var cloud = new PointCloud(
            [-637_000, 2, 3, 5000, 500_000, -9, 7, 8, 12_345],
            new Origin(637_000, 4_800_000, 250)
        );
        LasFile.Write(folder["a.las"], cloud, scale: 0.125);
        var whole = LasFile.Read(folder["a.las"]);
        var blocks = PointCloudFile.ReadBlocks(folder["a.las"], pointsPerBlock).ToArray();
        Assert.That(blocks.Select(block => block.Origin), Is.All.EqualTo(whole.Origin));
        Assert.That(blocks.SelectMany(block => block.Positions), Is.EqualTo(whole.Positions));
    }

    [TestCaseSource(nameof(Formats))]
    public void Other_labels_leave_every_other_byte(int format)
    {
        using var folder = new TempFolder();
        byte[] before = [.. OnePoint(format, [1, 2, 3], "here"u8.ToArray(), "LASF_Projection", 2112), .. "behind"u8];
        File.WriteAllBytes(folder["a.las"], before);
        var most = format < 6 ? 31 : 255;
        LasFile.WriteLabels(folder["a.las"], folder["b.las"], _ => most);
        var place = LasHeaderBytes(format) + 54 + 4 + (format < 6 ? 15 : 16);
        byte[] expected = [.. before];
        expected[place] = format < 6 ? (byte)(before[place] | 31) : (byte)255;
        Assert.That(File.ReadAllBytes(folder["b.las"]), Is.EqualTo(expected));
        LasFile.WriteLabels(folder["b.las"], folder["b.las"], _ => LasFile.Read(folder["a.las"]).Labels![0]);
        Assert.That(File.ReadAllBytes(folder["b.las"]), Is.EqualTo(before));
        Assert.That(
            () => LasFile.WriteLabels(folder["a.las"], folder["b.las"], _ => most + 1),
            Throws.ArgumentException.With.Message.Contains($"label of point 0 is {most + 1}, must be 0 to {most}")
        );
        Assert.That(File.ReadAllBytes(folder["b.las"]), Is.EqualTo(before));
        Assert.That(folder["b.las.new"], Does.Not.Exist);
    }

    [Test]
    public void Records_are_carried_over()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a.las"], OnePoint(3, [], Encoding.ASCII.GetBytes("here"), "LASF_Projection", 2112));
        var header = LasFile.ReadHeader(folder["a.las"]);
        Assert.That(
            header.Records.Select(record => (record.User, record.Id)),
            Is.EqualTo(new[] { ("LASF_Projection", 2112) })
        );
        LasFile.Write(folder["b.las"], LasFile.Read(folder["a.las"]), like: header);
        var again = LasFile.ReadHeader(folder["b.las"]);
        Assert.That(again.Records[0].Content.ToArray(), Is.EqualTo("here"u8.ToArray()));
        Assert.That(again.GlobalEncoding & 16, Is.EqualTo(16));
    }

    [TestCase(0, 88, "LASF")]
    [TestCase(24, 2, "LAS 2.2")]
    [TestCase(25, 9, "LAS 1.9")]
    [TestCase(94, 10, "header is 10 bytes")]
    [TestCase(96, 100, "before the end of the header")]
    [TestCase(99, 255, "too early")]
    [TestCase(103, 255, "before the end of the header and its")]
    [TestCase(104, 11, "point format is 11")]
    [TestCase(104, 128, "LAZ")]
    [TestCase(105, 3, "points are 3 bytes")]
    [TestCase(110, 255, "expected 4278190081 points")]
    [TestCase(138, 127, "scale of x is NaN")]
    public void Lies_in_the_header_are_refused(int at, byte value, string problem)
    {
        using var folder = new TempFolder();
        var bytes = OnePoint(0);
        bytes[at] = value;
        if (at == 138)
        {
            bytes[137] = 255;
        }
        File.WriteAllBytes(folder["a.las"], bytes);
        Assert.That(
            () => LasFile.Read(folder["a.las"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem)
        );
    }

    [Test]
    public void Wide_counts_that_lie_are_refused([Values(1_000_000_000_000, -1)] long count)
    {
        using var folder = new TempFolder();
        var bytes = OnePoint(6);
        BitConverter.GetBytes(count).CopyTo(bytes, 247);
        File.WriteAllBytes(folder["a.las"], bytes);
        Assert.That(
            () => LasFile.Read(folder["a.las"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains($"{unchecked((ulong)count)} points")
        );
    }

    [Test]
    public void Positions_without_a_place_leave_no_file()
    {
        using var folder = new TempFolder();
        foreach (var value in new[] { float.NaN, float.PositiveInfinity, 1e9f })
        {
            Assert.That(
                () => LasFile.Write(folder["a.las"], new PointCloud([0, value, 0])),
                Throws.ArgumentException.With.Message.Contains("y of point 0")
            );
        }
        Assert.That(File.Exists(folder["a.las"]), Is.False);
    }

    private static int LasHeaderBytes(int format) =>
        format >= 6 ? 375
        : format >= 4 ? 235
        : 227;

    private static byte[] OnePoint(
        int format,
        byte[]? extra = null,
        byte[]? record = null,
        string user = "LASF_Spec",
        ushort id = 4
    )
    {
        var point = new MemoryStream();
        var writer = new BinaryWriter(point);
        Array.ForEach([50, -100, 200], writer.Write);
        writer.Write((ushort)60_000);
        if (format < 6)
        {
            writer.Write((byte)(3 | (5 << 3) | (1 << 6)));
            writer.Write((byte)(17 | (1 << 5) | (1 << 7)));
            writer.Write((sbyte)-9);
            writer.Write((byte)201);
        }
        else
        {
            writer.Write((byte)(9 | (11 << 4)));
            writer.Write((byte)(1 | 4 | 8 | (2 << 4) | (1 << 6)));
            writer.Write((byte)200);
            writer.Write((byte)201);
            writer.Write((short)-3000);
        }
        writer.Write((ushort)777);
        if (format is 1 or >= 3)
        {
            writer.Write(1234.5);
        }
        if (format is 2 or 3 or 5 or 7 or 8 or 10)
        {
            Array.ForEach(new ushort[] { 1, 300, 65535 }, writer.Write);
        }
        if (format is 8 or 10)
        {
            writer.Write((ushort)4321);
        }
        if (format is 4 or 5 or 9 or 10)
        {
            writer.Write((byte)6);
            writer.Write(1UL << 40);
            writer.Write(99u);
            Array.ForEach([0.25f, 1, 2, 3], writer.Write);
        }
        writer.Write(extra ?? []);
        byte[] records = record is null ? [] : Record(user, id, record);
        return [.. Header(format, records, (ushort)point.Length), .. records, .. point.ToArray()];
    }

    private static byte[] Record(string user, ushort id, byte[] content)
    {
        var record = new byte[54 + content.Length];
        Encoding.ASCII.GetBytes(user).CopyTo(record, 2);
        BitConverter.GetBytes(id).CopyTo(record, 18);
        BitConverter.GetBytes((ushort)content.Length).CopyTo(record, 20);
        content.CopyTo(record, 54);
        return record;
    }

    private static byte[] Header(int format, byte[] records, ushort pointBytes)
    {
        var header = new byte[LasHeaderBytes(format)];
        "LASF"u8.CopyTo(header);
        (header[24], header[25]) = (
            1,
            (byte)(
                format >= 6 ? 4
                : format >= 4 ? 3
                : 2
            )
        );
        BitConverter.GetBytes((ushort)header.Length).CopyTo(header, 94);
        BitConverter.GetBytes(header.Length + records.Length).CopyTo(header, 96);
        BitConverter.GetBytes(records.Length > 0 ? 1 : 0).CopyTo(header, 100);
        header[104] = (byte)format;
        BitConverter.GetBytes(pointBytes).CopyTo(header, 105);
        BitConverter.GetBytes(format < 6 ? 1 : 0).CopyTo(header, 107);
        for (var axis = 0; axis < 3; axis++)
        {
            BitConverter.GetBytes(0.01).CopyTo(header, 131 + 8 * axis);
        }
        if (format >= 6)
        {
            BitConverter.GetBytes(1L).CopyTo(header, 247);
        }
        return header;
    }

    private static void AssertValues<T>(PointCloud cloud, string name, params T[] values) =>
        Assert.That(cloud.Find(name)!.Values.Values, Is.EqualTo(values), name);
}
