using System.IO.Compression;
using System.Text;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Files of torch.save. Those beside this source were written by PyTorch 1.13:
/// small.pt: torch.save(OrderedDict(a=arange(6.).reshape(2, 3), h=tensor([1.5, -2], dtype=bfloat16), n=tensor(7), t=a.t()));
/// net.pth: torch.save({'state_dict': Sequential(Linear(3, 2), BatchNorm1d(2)).state_dict(), 'epoch': 3, 'lr': 0.5});
/// legacy.pt: as small.pt with _use_new_zipfile_serialization=False.
/// </summary>
[TestFixture]
public sealed class PyTorchFileTests
{
    private const string Storage = "(X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0002tQ";

    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Make_a_folder()
    {
        _folder = Directory.CreateTempSubdirectory("sparseconv").FullName;
        _scope = torch.NewDisposeScope();
    }

    [TearDown]
    public void Delete_it()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_file_of_PyTorch_is_read_with_shared_and_strided_tensors()
    {
        var read = Weights.Read(Given("small.pt"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read.Keys, Is.EqualTo(new[] { "a", "h", "n", "t" }));
            Assert.That(read["a"].data<float>().ToArray(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4, 5 }));
            Assert.That(read["a"].shape, Is.EqualTo(new long[] { 2, 3 }));
            Assert.That(read["t"].data<float>().ToArray(), Is.EqualTo(new float[] { 0, 3, 1, 4, 2, 5 }));
            Assert.That(read["h"].dtype, Is.EqualTo(torch.ScalarType.BFloat16));
            Assert.That(read["h"].@float().data<float>().ToArray(), Is.EqualTo(new[] { 1.5f, -2 }));
            Assert.That((read["n"].item<long>(), read["n"].ndim), Is.EqualTo((7L, 0L)));
        }
    }

    [Test]
    public void A_state_dict_among_other_things_loads_into_a_module()
    {
        using var net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2));
        var report = Weights.Load(net, Given("net.pth"));
        Assert.That(report.IsComplete, report.ToString());
        Assert.That(report.Loaded, Is.SupersetOf(new[] { "0.weight", "1.running_var" }));
        Assert.That(net.state_dict()["1.running_var"].data<float>().ToArray(), Is.EqualTo(new[] { 1f, 1 }));
        Assert.That(
            Tensors.Deviation(net.state_dict()["0.weight"], Weights.Read(Given("net.pth"))["0.weight"]),
            Is.Zero
        );
    }

    [TestCaseSource(typeof(EveryType), nameof(EveryType.All))]
    public void Every_type_comes_back_in_its_shape(torch.ScalarType type)
    {
        var tensors = EveryType.Shapes(type);
        string[] files = type == torch.ScalarType.BFloat16 ? ["x.pt"] : ["x.pt", "x.npz"];
        foreach (var file in files)
        {
            Weights.Write(PathOf(file), tensors);
            var read = Weights.Read(PathOf(file));
            Assert.That(read.Keys, Is.EqualTo(tensors.Keys));
            foreach (var (name, tensor) in tensors)
            {
                Assert.That(read[name].dtype, Is.EqualTo(type), name);
                Assert.That(Tensors.Deviation(read[name], tensor), Is.Zero, name);
            }
        }
    }

    [TestCase("cos\nsystem\n(X\u0004\0\0\0echotR.", "os.system, refused")]
    [TestCase("c__builtin__\neval\n.", "__builtin__.eval, refused")]
    [TestCase("X\u0002\0\0\0osX\u0006\0\0\0system\u0093.", "os.system, refused")]
    [TestCase("X\u00ff\u00ff\u00ff\u007fabc.", "claims 2147483647 bytes")]
    [TestCase("ios\nsystem\n.", "0x69 is refused")]
    [TestCase("}X\u0001\0\0\0a(u", "text is given items")]
    [TestCase("}X\u0001\0\0\0a(", "claims 1 bytes at byte 10")]
    [TestCase("t.", "no mark")]
    [TestCase("R.", "stack is empty")]
    [TestCase("h\u0005.", "recalls 5")]
    [TestCase("]K\u0001K\u0002s.", "a list is given items")]
    [TestCase("K\u0001.", "a number is given names")]
    [TestCase("ccollections\nOrderedDict\nK\u0001\u0085R.", "OrderedDict with 1 unusual arguments")]
    public void A_pickle_that_is_more_than_data_is_refused_by_name(string pickle, string reason) =>
        Refused(Archive(pickle, new byte[8]), reason);

    [TestCase("K\0K\u0003\u0085K\u0001\u0085", "does not lie inside its storage of 2")]
    [TestCase("K\0\u008a\u0006\0\0\0\0\0\u0001\u0085K\0\u0085", "does not lie inside")]
    [TestCase("K\u0001K\u0002\u0085K\u0001\u0085", "does not lie inside")]
    [TestCase("K\0K\u0002\u0085J\u00ff\u00ff\u00ff\u00ff\u0085", "does not lie inside")]
    [TestCase("K\0K\u0002\u0085K\u0001K\u0001\u0086", "does not lie inside")]
    public void A_tensor_outside_of_its_storage_is_refused(string place, string reason) =>
        Refused(Archive(One(place), new byte[8]), reason);

    [Test]
    public void A_tensor_written_by_hand_is_read_and_its_storage_must_be_there()
    {
        var place = One("K\0K\u0002\u0085K\u0001\u0085");
        var good = Archive(place, [0, 0, 128, 63, 0, 0, 0, 192]);
        Assert.That(Weights.Read(good)["x"].data<float>().ToArray(), Is.EqualTo(new[] { 1f, -2 }));
        Refused(Archive(place, new byte[7]), "data/0 has 7 bytes for 2 elements");
        Refused(Archive(place, null), "no data/0");
        Refused(Archive(place, new byte[8], CompressionLevel.SmallestSize), "compressed");
    }

    [Test]
    public void Old_files_and_other_files_are_refused_with_what_they_are()
    {
        Refused(Given("legacy.pt"), "before PyTorch 1.6");
        File.WriteAllText(PathOf("text.pt"), "hello");
        Refused(PathOf("text.pt"), "no zip archive");
        File.WriteAllBytes(PathOf("cut.pt"), File.ReadAllBytes(Given("small.pt"))[..600]);
        Refused(PathOf("cut.pt"), "cut.pt");
    }

    [Test]
    public void An_archive_that_would_grow_beyond_measure_is_refused()
    {
        var path = PathOf("bomb.npz");
        using (var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            using var stream = archive.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 400; i++)
            {
                stream.Write(zeros);
            }
        }

        Refused(path, "x.npy: it claims 419430400 bytes");
    }

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "8 bytes for Float32 of shape [3]")]
    [TestCase("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "only little-endian arrays")]
    [TestCase("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", "only little-endian arrays")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "bad.npz")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }", "8 bytes for Float32")]
    public void An_array_that_lies_is_refused(string header, string reason)
    {
        using (var archive = new ZipArchive(File.Create(PathOf("bad.npz")), ZipArchiveMode.Create))
        {
            using var stream = archive.CreateEntry("x.npy").Open();
            stream.Write([0x93, .. "NUMPY\u0001\0"u8, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header)]);
            stream.Write(new byte[8]);
        }

        Refused(PathOf("bad.npz"), reason);
    }

    [Test]
    public void A_compressed_array_by_columns_is_read_by_rows()
    {
        using (var archive = new ZipArchive(File.Create(PathOf("f.npz")), ZipArchiveMode.Create))
        {
            using var stream = archive.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open();
            const string Header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
            stream.Write([0x93, .. "NUMPY\u0001\0"u8, (byte)Header.Length, 0, .. Encoding.Latin1.GetBytes(Header)]);
            stream.Write([0, 1, 2, 3, 4, 5]);
        }

        var read = Weights.Read(PathOf("f.npz"))["x"];
        Assert.That(read.shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(read.data<byte>().ToArray(), Is.EqualTo(new byte[] { 0, 2, 4, 1, 3, 5 }));
    }

    [Test]
    public void TorchSharps_own_format_is_checked_before_memory_is_taken()
    {
        // One entry "x" of Float32 with one axis of 2^40 and no elements.
        File.WriteAllBytes(PathOf("huge.dat"), [1, 1, (byte)'x', 6, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
        Refused(PathOf("huge.dat"), "'x' is Float32 of shape [1099511627776]");
        File.WriteAllBytes(PathOf("name.dat"), [1, 0xff, 0xff, 0xff, 0x7f, (byte)'x']);
        Refused(PathOf("name.dat"), "a name claims");
    }

    [Test]
    public void Matching_entries_load_where_asked_and_the_report_names_the_rest()
    {
        using var net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(3), torch.nn.Linear(2, 2));
        Assert.That(
            () => Weights.Load(net, Given("net.pth")),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("2 missing (2.weight, 2.bias)")
        );
        var report = Weights.Load(net, Given("net.pth"), rule: LoadRule.Matching);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Loaded, Is.EquivalentTo(new[] { "0.weight", "0.bias", "1.num_batches_tracked" }));
            Assert.That(report.Missing, Is.EqualTo(new[] { "2.weight", "2.bias" }));
            Assert.That(report.Misshaped, Has.Count.EqualTo(4).And.Contains("1.weight [2], must be [3]"));
            Assert.That(report.Unexpected, Is.Empty);
        }
    }

    private static string Given(string file) =>
        Path.Combine(Repository.Root, "tests", "TorchSharp.SparseConv.Tests", "Weights", file);

    /// <summary>{'x': _rebuild_tensor_v2(storage of two floats, place..., False, OrderedDict())}.</summary>
    private static string One(string place) =>
        $"}}X\u0001\0\0\0xctorch._utils\n_rebuild_tensor_v2\n({Storage}{place}\u0089ccollections\nOrderedDict\n)RtRs.";

    private static void Refused(string path, string reason) =>
        Assert.That(
            () => Weights.Read(path),
            Throws
                .TypeOf<InvalidDataException>()
                .With.Message.Contains(Path.GetFileName(path))
                .And.Message.Contains(reason)
        );

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Archive(string pickle, byte[]? storage, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var path = PathOf($"{Guid.NewGuid():N}.pt");
        using var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using (var stream = archive.CreateEntry("x/data.pkl", CompressionLevel.NoCompression).Open())
        {
            stream.Write([0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]);
        }

        if (storage is not null)
        {
            using var stream = archive.CreateEntry("x/data/0", level).Open();
            stream.Write(storage);
        }

        return path;
    }
}
