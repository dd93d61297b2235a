using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class ArrayFileTests
{
    private static readonly Array[] AllTypes =
    [
        new sbyte[] { -128, 1, 2, 3, 4, 127 },
        new byte[] { 0, 1, 2, 3, 4, 255 },
        new short[] { short.MinValue, 1, 2, 3, 4, 5 },
        new ushort[] { ushort.MaxValue, 1, 2, 3, 4, 5 },
        new int[] { int.MinValue, 1, 2, 3, 4, 5 },
        new uint[] { uint.MaxValue, 1, 2, 3, 4, 5 },
        new long[] { long.MinValue, 1, 2, 3, 4, 5 },
        new ulong[] { ulong.MaxValue, 1, 2, 3, 4, 5 },
        new float[] { float.NaN, 1, 2, 3, 4, 5 },
        new double[] { double.NegativeInfinity, 1, 2, 3, 4, 1e300 },
    ];

    [Test]
    public void Numpy_arrays_come_back([ValueSource(nameof(AllTypes))] Array values, [Values] ByteOrder order)
    {
        using var folder = new TempFolder();
        foreach (var shape in new int[][] { [6], [2, 3], [1, 6, 1, 1], [3, 1, 2] })
        {
            NpyFile.Write(folder["a.npy"], new NumberArray(values, shape), order);
            AssertEqual(NpyFile.Read(folder["a.npy"]), new NumberArray(values, shape));
            Assert.That((new FileInfo(folder["a.npy"]).Length - Buffer.ByteLength(values)) % 64, Is.Zero);
        }
    }

    [Test]
    public void Numpy_arrays_of_no_axes_and_no_numbers_come_back()
    {
        using var folder = new TempFolder();
        foreach (
            var array in new[]
            {
                new NumberArray(new[] { 1.5 }),
                new NumberArray(Array.Empty<int>(), 0),
                new NumberArray(Array.Empty<int>(), 3, 0, 5),
            }
        )
        {
            NpyFile.Write(folder["a.npy"], array);
            AssertEqual(NpyFile.Read(folder["a.npy"]), array);
        }
    }

    [TestCase("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", new short[] { 1, 3, 5, 2, 4, 6 })]
    [TestCase(
        "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3)}\n",
        new short[] { 256, 512, 768, 1024, 1280, 1536 }
    )]
    [TestCase(
        "{ 'descr' : '=i2' , 'fortran_order' : False , 'shape' : ( 2L , 3L , ) , }",
        new short[] { 1, 2, 3, 4, 5, 6 }
    )]
    public void Numpy_headers_of_all_kinds_are_read(string header, short[] expected)
    {
        using var folder = new TempFolder();
        foreach (var version in new byte[] { 1, 2, 3 })
        {
            File.WriteAllBytes(folder["a.npy"], Npy(header, version, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0));
            AssertEqual(NpyFile.Read(folder["a.npy"]), new NumberArray(expected, 2, 3));
        }
    }

    [Test]
    public void Halves_and_booleans_are_read_as_what_holds_them()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(
            folder["a.npy"],
            Npy("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", 1, 0, 0x3e, 0, 0xfc)
        );
        AssertEqual(NpyFile.Read(folder["a.npy"]), new NumberArray(new[] { 1.5f, float.NegativeInfinity }, 2));
        File.WriteAllBytes(folder["a.npy"], Npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", 1, 1, 0));
        AssertEqual(NpyFile.Read(folder["a.npy"]), new NumberArray(new byte[] { 1, 0 }, 2));
    }

    [TestCase("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "expected descr")]
    [TestCase("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "expected descr")]
    [TestCase("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "expected descr")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", "from 0 to")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "no size of an array")]
    [TestCase(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000, 100000, 100000), }",
        "at most 4 bytes"
    )]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "expected 2 numbers of at least 4 bytes")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "expected descr")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (1,,1), }", "no size of an array")]
    [TestCase("__import__('os')", "expected descr")]
    public void Numpy_headers_that_are_no_numbers_are_refused(string header, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a.npy"], Npy(header, 1, 0, 0, 0, 0));
        Assert.That(
            () => NpyFile.Read(folder["a.npy"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem).And.Message.Contains("at byte")
        );
    }

    [Test]
    public void A_header_of_many_digits_is_read_in_no_time()
    {
        using var folder = new TempFolder();
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({new string('1', 60_000)}";
        File.WriteAllBytes(folder["a.npy"], Npy(header, 2));
        Assert.That(() => NpyFile.Read(folder["a.npy"]), Throws.TypeOf<PointCloudException>());
    }

    [Test]
    public void Archives_keep_names_and_order()
    {
        using var folder = new TempFolder();
        var arrays = AllTypes
            .Select((values, i) => KeyValuePair.Create($"a{9 - i}/b", new NumberArray(values, 2, 3)))
            .ToList();
        NpzFile.Write(folder["a.npz"], arrays);
        var again = NpzFile.Read(folder["a.npz"]);
        Assert.That(again.Select(pair => pair.Key), Is.EqualTo(arrays.Select(pair => pair.Key)));
        for (var i = 0; i < arrays.Count; i++)
        {
            AssertEqual(again[i].Value, arrays[i].Value);
        }
    }

    [Test]
    public void An_archive_that_inflates_beyond_its_word_is_bounded()
    {
        using var folder = new TempFolder();
        using (var archive = ZipFile.Open(folder["a.npz"], ZipArchiveMode.Create))
        {
            using var entry = archive.CreateEntry("a.npy").Open();
            entry.Write(Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (200000000,), }", 1, new byte[1000]));
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(
            () => NpzFile.Read(folder["a.npz"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("200000000 numbers")
        );
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2_000_000));
    }

    [Test]
    public void Clouds_come_back_from_archives()
    {
        using var folder = new TempFolder();
        foreach (var cloud in new[] { Clouds.Rich(), Clouds.Far(), Clouds.Rich(0) })
        {
            PointCloudFile.Write(folder["a.npz"], cloud);
            var again = PointCloudFile.Read(folder["a.npz"]);
            Clouds.AssertEqual(again, cloud);
            Assert.That(again.Origin, Is.EqualTo(cloud.Origin));
        }
        PointCloudFile.Write(folder["a.npy"], new PointCloud([1, 2, 3]));
        Assert.That(PointCloudFile.Read(folder["a.npy"]).Positions, Is.EqualTo(new float[] { 1, 2, 3 }));
        Assert.That(
            () => PointCloudFile.Write(folder["b.npy"], Clouds.Rich()),
            Throws.ArgumentException.With.Message.Contains(".npz")
        );
    }

    [Test]
    public void Clouds_of_other_programs_are_read()
    {
        using var folder = new TempFolder();
        NpyFile.Write(folder["a.npy"], new NumberArray(new double[] { 1, 2, 3, 7, 8, 4, 5, 6, 9, 10 }, 2, 5));
        var cloud = PointCloudFile.Read(folder["a.npy"]);
        Assert.That(cloud.Positions, Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(cloud.Find("features")!.Values.ToDouble(), Is.EqualTo(new double[] { 7, 8, 9, 10 }));
        NpzFile.Write(
            folder["a.npz"],
            [
                new("label", new NumberArray(new long[] { 3, 4 }, 2)),
                new("coord", new NumberArray(new short[] { 1, 2, 3, 4, 5, 6 }, 2, 3)),
            ]
        );
        Assert.That(PointCloudFile.Read(folder["a.npz"]).Labels, Is.EqualTo(new[] { 3, 4 }));
        NpzFile.Write(
            folder["a.npz"],
            [new("coord", new NumberArray(new float[6], 2, 3)), new("label", new NumberArray(new byte[3], 3))]
        );
        Assert.That(
            () => PointCloudFile.Read(folder["a.npz"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains("label is UInt8 (3)")
        );
    }

    [Test]
    public void Idx_arrays_come_back([Values("a.idx", "a.gz")] string name)
    {
        using var folder = new TempFolder();
        Type[] known =
        [
            typeof(byte[]),
            typeof(sbyte[]),
            typeof(short[]),
            typeof(int[]),
            typeof(float[]),
            typeof(double[]),
        ];
        foreach (var values in AllTypes.Where(values => known.Contains(values.GetType())))
        {
            IdxFile.Write(folder[name], new NumberArray(values, 3, 2));
            AssertEqual(IdxFile.Read(folder[name]), new NumberArray(values, 3, 2));
        }
        IdxFile.Write(folder[name], new NumberArray(new short[] { 258 }, 1));
        byte[] expected = [0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2];
        Assert.That(Inflated(folder[name]), Is.EqualTo(expected));
        Assert.That(() => IdxFile.Write(folder["b"], new NumberArray(new long[1], 1)), Throws.ArgumentException);
    }

    [TestCase(new byte[] { 0, 0, 8, 1, 0, 0, 0, 3, 1, 2 }, "expected 3 numbers")]
    [TestCase(new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 1, 2 }, "goes on")]
    [TestCase(new byte[] { 0, 0, 7, 1, 0, 0, 0, 1, 1 }, "expected 00 00")]
    [TestCase(new byte[] { 0, 0, 8, 255, 0, 0, 0, 1, 1 }, "too early")]
    [TestCase(
        new byte[] { 0, 0, 14, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255 },
        "numbers of at least 8"
    )]
    [TestCase(new byte[] { 0, 0, 8, 1, 255, 255, 255, 255 }, "from 0 to")]
    [TestCase(new byte[] { 0x1f, 0x8b, 8, 1 }, "too early")]
    [TestCase(new byte[] { 0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, "cannot be read")]
    public void Idx_files_that_lie_are_refused(byte[] bytes, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a.idx"], bytes);
        Assert.That(
            () => IdxFile.Read(folder["a.idx"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem)
        );
    }

    [Test]
    public void Volumes_come_back([ValueSource(nameof(AllTypes))] Array values, [Values] ByteOrder order)
    {
        using var folder = new TempFolder();
        double[] affine = [0, -2, 0, 10, 0.5, 0, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1];
        var volume = new Volume(new NumberArray(values, 1, 2, 3), [0.5, 2, 4], affine)
        {
            Slope = 2,
            Intercept = -1,
            Description = "made here",
        };
        foreach (var name in new[] { "a.nii", "a.nii.gz" })
        {
            NiftiFile.Write(folder[name], volume, order);
            var again = NiftiFile.Read(folder[name]);
            AssertEqual(again.Values, volume.Values);
            Assert.That(again.VoxelSize, Is.EqualTo(volume.VoxelSize));
            Assert.That(again.Affine, Is.EqualTo(affine));
            Assert.That((again.Slope, again.Intercept, again.Description), Is.EqualTo((2.0, -1.0, "made here")));
            Assert.That(again.ToSingle()[3], Is.EqualTo(5));
        }
    }

    [Test]
    public void A_quaternion_turns_the_volume()
    {
        using var folder = new TempFolder();
        NiftiFile.Write(folder["a.nii"], new Volume(new NumberArray(new byte[1], 1, 1, 1), [2, 3, 4]));
        var bytes = File.ReadAllBytes(folder["a.nii"]);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(252), 1);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(254), 0);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(76), -1);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(264), MathF.Sqrt(0.5f)); // a quarter turn about z
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(272), 7);
        File.WriteAllBytes(folder["a.nii"], bytes);
        double[] expected = [0, -3, 0, 0, 2, 0, 0, 7, 0, 0, -4, 0, 0, 0, 0, 1];
        Assert.That(NiftiFile.Read(folder["a.nii"]).Affine, Is.EqualTo(expected).Within(1e-6));
    }

    [TestCase(0, (byte)1, "begin with the number 348")]
    [TestCase(40, (byte)8, "8 axes")]
    [TestCase(42, (byte)0, "axis 0 has size 0")]
    [TestCase(43, (byte)255, "axis 0 has size -")]
    [TestCase(43, (byte)127, "numbers of at least 1")]
    [TestCase(70, (byte)32, "type 32")]
    [TestCase(111, (byte)83, "begin at byte")]
    [TestCase(344, (byte)'x', "n+1")]
    public void Volumes_that_lie_are_refused(int at, byte value, string problem)
    {
        using var folder = new TempFolder();
        NiftiFile.Write(folder["a.nii"], new Volume(new NumberArray(new byte[2], 1, 1, 2)));
        var bytes = File.ReadAllBytes(folder["a.nii"]);
        bytes[at] = value;
        File.WriteAllBytes(folder["a.nii"], bytes);
        Assert.That(
            () => NiftiFile.Read(folder["a.nii"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem)
        );
    }

    [Test]
    public void Numbers_that_are_none_are_refused([Values(80, 108, 116, 280)] int at)
    {
        using var folder = new TempFolder();
        NiftiFile.Write(folder["a.nii"], new Volume(new NumberArray(new byte[1], 1, 1, 1)));
        var bytes = File.ReadAllBytes(folder["a.nii"]);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), float.NaN);
        File.WriteAllBytes(folder["a.nii"], bytes);
        var error = Assert.Throws<PointCloudException>(() => NiftiFile.Read(folder["a.nii"]))!;
        Assert.That(error.Message, Does.Contain("NaN, must be finite"));
        Assert.That(error.Offset, Is.EqualTo(at));
    }

    [Test]
    public void A_small_file_cannot_claim_a_large_volume()
    {
        using var folder = new TempFolder();
        NiftiFile.Write(folder["a.nii.gz"], new Volume(new NumberArray(new double[8_000_000], 200, 200, 200)));
        var bytes = Inflated(folder["a.nii.gz"])[..100_000];
        using (var file = new GZipStream(File.Create(folder["b.nii.gz"]), CompressionLevel.Optimal))
        {
            file.Write(bytes);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => NiftiFile.Read(folder["b.nii.gz"]), Throws.TypeOf<PointCloudException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(3_000_000));
    }

    private static byte[] Inflated(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes[0] != 0x1f)
        {
            return bytes;
        }
        using var file = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        var all = new MemoryStream();
        file.CopyTo(all);
        return all.ToArray();
    }

    private static byte[] Npy(string header, byte version, params byte[] content)
    {
        byte[] length =
            version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes(header.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.Latin1.GetBytes(header), .. content];
    }

    private static void AssertEqual(NumberArray actual, NumberArray expected)
    {
        Assert.That(actual.ToString(), Is.EqualTo(expected.ToString()));
        Assert.That(actual.Values, Is.EqualTo(expected.Values));
    }
}
