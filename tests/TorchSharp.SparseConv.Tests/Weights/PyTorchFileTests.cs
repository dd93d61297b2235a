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

    [TestCase("cos\nsystem\n(X\u0004\0\0\0echotR.", "a os.system is given names")]
    [TestCase("c__builtin__\neval\n.", "__builtin__.eval is given names")]
    [TestCase("X\u0002\0\0\0osX\u0006\0\0\0system\u0093.", "os.system is given names")]
    [TestCase("X\u00ff\u00ff\u00ff\u007fabc.", "claims 2147483647 bytes")]
    [TestCase("(ios\nsystem\n.", "a os.system is given names")]
    [TestCase("~.", "0x7e is refused")]
    [TestCase("}X\u0001\0\0\0a(u", "text is given items")]
    [TestCase("}X\u0001\0\0\0a(", "claims 1 bytes at byte 10")]
    [TestCase("t.", "no mark")]
    [TestCase("R.", "stack is empty")]
    [TestCase("h\u0005.", "recalls 5")]
    [TestCase("]K\u0001K\u0002s.", "a list is given items")]
    [TestCase("K\u0001.", "a number is given names")]
    [TestCase("ctorch\nSize\nK\u0001\u0085R.", "torch.Size with 1 unusual arguments")]
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
    public void A_file_from_before_the_zip_archives_holds_the_same()
    {
        var (old, now) = (Weights.Read(Given("legacy.pt")), Weights.Read(Given("small.pt")));
        Assert.That(old.Keys, Is.EqualTo(now.Keys));
        foreach (var (name, tensor) in now)
        {
            Assert.That(old[name].dtype, Is.EqualTo(tensor.dtype), name);
            Assert.That(Tensors.Deviation(old[name], tensor), Is.Zero, name);
        }

        var bytes = File.ReadAllBytes(Given("legacy.pt"));
        File.WriteAllBytes(PathOf("bare"), bytes);
        Assert.That(
            Weights.Entries(PathOf("bare")).Select(entry => entry.Name),
            Is.EqualTo(now.Keys),
            "by its first bytes"
        );
        File.WriteAllBytes(PathOf("cut.pt"), bytes[..^1]);
        Refused(PathOf("cut.pt"), "bytes are left");
        File.WriteAllBytes(PathOf("other.pt"), [0x80, 2, (byte)'N', (byte)'.', (byte)'N', (byte)'.']);
        Refused(PathOf("other.pt"), "not of torch.save");
    }

    /// <summary>Files as training frameworks leave them, with objects of their own beside the weights.</summary>
    [TestCase("counter.pth")]
    [TestCase("defaultdict.pth")]
    [TestCase("history-buffer.pth")]
    [TestCase("model_state.pth")]
    [TestCase("namespace.pth")]
    [TestCase("numpy-scalar.pth")]
    [TestCase("path.pth")]
    public void Weights_are_found_beside_what_is_not_read(string file)
    {
        var read = Weights.Read(Given($"Cases/{file}"));
        Assert.That(read, Is.Not.Empty);
        Assert.That(read.Keys, Is.SupersetOf(Weights.Read(Given("Cases/path.pth")).Keys));
        Assert.That(read.Values.All(tensor => tensor.isfinite().all().item<bool>()));
    }

    [Test]
    public void One_of_several_state_dicts_is_chosen_by_its_place()
    {
        Assert.That(Weights.Read(Given("Cases/nets.pth")).Keys, Has.Member("0.weight"), "the only one");
        string Net(int offset) => One($"K{(char)offset}K\u0001\u0085K\u0001\u0085")[..^1];
        var path = Archive(
            $"}}X\u0004\0\0\0nets}}X\u0001\0\0\0a{Net(0)}sX\u0001\0\0\0b{Net(1)}ss.",
            [0, 0, 128, 63, 0, 0, 0, 192]
        );
        Refused(path, "say which of nets.a, nets.b");
        Assert.That(Weights.Read(path, "nets.a")["x"].item<float>(), Is.EqualTo(1));
        Assert.That(Weights.Read(path, "nets.b")["x"].item<float>(), Is.EqualTo(-2));
        Assert.That(
            () => Weights.Read(path, "nets.c"),
            Throws
                .TypeOf<InvalidDataException>()
                .With.Message.Contains("it has no nets.c, must be one of nets.a, nets.b")
        );
    }

    [Test]
    public void Expanded_and_complex_tensors_are_read()
    {
        var expanded = Weights.Read(Given("Cases/expanded.pt")).Values;
        Assert.That(
            expanded.Select(one => (one.NumberOfElements, one.sum().item<float>())),
            Has.Member((64L, 64f)),
            "64 ones over a storage of one"
        );
        var read = Weights.Read(Given("Cases/complex.pt"));
        Assert.That(read.Values.Select(tensor => tensor.dtype), Has.Member(torch.ScalarType.ComplexFloat32));
    }

    [Test]
    public void A_type_that_is_not_read_is_named_where_it_is_asked_for()
    {
        var path = Archive(One("K\0K\u0002\u0085K\u0001\u0085").Replace("FloatStorage", "FooStorage"), new byte[8]);
        Assert.That(Weights.Entries(path), Is.Empty);
        using var module = new Holder();
        Assert.That(
            () => Weights.Load(module, path),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("x of torch.FooStorage, which is not read")
        );
    }

    [TestCase("module.")]
    [TestCase("_orig_mod.module.")]
    public void What_wrappers_put_before_all_names_is_taken_away(string prefix)
    {
        using var net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2));
        var state = Weights.Read(Given("net.pth"));
        Weights.Write(PathOf("wrapped.pt"), state.Select(one => KeyValuePair.Create(prefix + one.Key, one.Value)));
        Assert.That(Weights.Load(net, PathOf("wrapped.pt")).IsComplete);
        Assert.That(Tensors.Deviation(net.state_dict()["0.weight"], state["0.weight"]), Is.Zero);
        Weights.Write(PathOf("other.pt"), state.Select(one => KeyValuePair.Create("other." + one.Key, one.Value)));
        Assert.That(
            () => Weights.Load(net, PathOf("other.pt")),
            Throws
                .TypeOf<InvalidDataException>()
                .With.Message.Contains("missing (0.weight")
                .And.Message.Contains("unexpected (other.0.weight")
        );
    }

    [Test]
    public void A_file_of_TorchSharp_with_256_tensors_is_no_pickle()
    {
        using var many = torch.nn.Sequential([.. Enumerable.Range(0, 128).Select(_ => torch.nn.Linear(1, 1))]);
        Weights.Save(many, PathOf("many.dat"));
        var begin = File.ReadAllBytes(PathOf("many.dat"))[..2];
        Assert.That(begin, Is.EqualTo(new byte[] { 0x80, 2 }), "the number 256, as a pickle begins");
        Assert.That(Weights.Load(many, PathOf("many.dat")).Loaded, Has.Count.EqualTo(256));
    }

    [Test]
    public void Dictionaries_that_hold_themselves_or_one_another_end()
    {
        Assert.That(Weights.Read(Archive("}q\0X\0\0\0\0h\0s.", null)), Is.Empty, "itself, under no name");

        // Each level has the one before twice: 2^60 ways down.
        var levels = Enumerable
            .Range(0, 60)
            .Select(i => $"}}q{(char)(i + 1)}(X\u0001\0\0\0ah{(char)i}X\u0001\0\0\0bh{(char)i}u");
        Assert.That(Weights.Read(Archive($"}}q\0{string.Concat(levels)}.", null)), Is.Empty);
        var deep = string.Concat(Enumerable.Repeat("}X\0\0\0\0", 100_000)) + "}" + new string('s', 100_000) + ".";
        Assert.That(Weights.Read(Archive(deep, null)), Is.Empty, "100,000 levels under no name");
    }

    [Test]
    public void Dictionaries_made_of_one_another_take_no_memory_beyond_measure()
    {
        var pairs = string.Concat(Enumerable.Repeat("K\0K\0", 1000));
        var copies = string.Concat(Enumerable.Repeat("ccollections\nOrderedDict\nh\0\u0085R0", 100));
        Refused(Archive($"}}({pairs}uq\0{copies}.", null), "more pairs than it has bytes");
    }

    [Test]
    public void Sizes_that_tensors_recall_take_no_memory_beyond_measure()
    {
        // A tuple of 100 sizes, recalled: no tensor has so many axes.
        var many = string.Concat(Enumerable.Repeat("K\u0001", 100));
        Refused(Archive(One($"K\0({many}tq\u0005h\u0005"), new byte[8]), "does not lie inside");
        // An expanded tensor of 2^40 elements.
        Refused(Archive(One("K\0\u008a\u0006\0\0\0\0\0\u0001\u0085K\0\u0085"), new byte[8]), "does not lie inside");
    }

    [TestCase("npz-badshape.npz", "a size of its shape is 1 2")]
    [TestCase("st-badutf8.safetensors", "no safetensors file")]
    [TestCase("st-dtype-surrogate.safetensors", "no safetensors file")]
    public void Hostile_files_of_other_formats_are_refused_as_damaged_ones(string file, string reason) =>
        Refused(Given($"Cases/{file}"), reason);

    [Test]
    public void Null_where_a_list_must_be_is_named()
    {
        File.Copy(Given("Cases/config-null.json"), PathOf("config.json"));
        Assert.That(
            () => ModelDirectory.ReadConfig(_folder),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("classes[0].labels is null, must be a list")
        );
    }

    [Test]
    public void Other_files_are_refused_with_what_they_are()
    {
        File.WriteAllText(PathOf("text.pt"), "hello");
        Refused(PathOf("text.pt"), "neither a zip archive nor a pickle");
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

    private sealed class Holder : torch.nn.Module
    {
        internal Holder()
            : base(nameof(Holder)) => register_buffer("x", torch.zeros(2));
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
