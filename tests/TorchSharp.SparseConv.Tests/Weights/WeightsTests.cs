using System.Buffers.Binary;
using System.Text;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class WeightsTests
{
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

    [TestCase("net.safetensors")]
    [TestCase("net.dat")]
    [TestCase("net.pt")]
    [TestCase("net.npz")]
    public void Weights_come_back_as_they_were(string file)
    {
        using var net = Net(1);
        using var other = Net(2);
        using (torch.no_grad())
        {
            net.call(Voxels());
        }

        Weights.Save(net, PathOf(file));
        Weights.Load(other, PathOf(file));
        var expected = net.state_dict();
        Assert.That(other.state_dict().Keys, Is.EqualTo(expected.Keys));
        foreach (var (name, tensor) in other.state_dict())
        {
            Assert.That(Tensors.Deviation(tensor, expected[name]), Is.Zero, name);
        }
    }

    [Test]
    public void TorchSharps_own_loader_reads_the_same_file()
    {
        using var net = Net(1);
        using var other = Net(2);
        Weights.Save(net, PathOf("net.dat"));
        other.load(PathOf("net.dat"));
        Assert.That(Tensors.Deviation(other.state_dict()["0.weight"], net.state_dict()["0.weight"]), Is.Zero);
    }

    [TestCase("net.safetensors")]
    [TestCase("net.dat")]
    [TestCase("net.pth")]
    [TestCase("net.npz")]
    public void A_checkpoint_of_another_architecture_names_the_first_mismatches_and_changes_nothing(string file)
    {
        using var net = Net(1);
        using var other = torch.nn.SparseSequential(
            torch.nn.SubMConv3d(2, 5, 3),
            torch.nn.ReLU(),
            torch.nn.Linear(5, 1)
        );
        Weights.Save(net, PathOf(file));
        var before = other.state_dict()["0.weight"].clone();
        Assert.That(
            () => Weights.Load(other, PathOf(file)),
            Throws
                .TypeOf<InvalidDataException>()
                .With.Message.Contains(file)
                .And.Message.Contains("2 missing (2.weight, 2.bias)")
                .And.Message.Contains("5 unexpected (1.")
                .And.Message.Contains("0.weight [27, 2, 4], must be [27, 2, 5]")
        );
        Assert.That(Tensors.Deviation(other.state_dict()["0.weight"], before), Is.Zero);
    }

    [TestCaseSource(typeof(EveryType), nameof(EveryType.All))]
    public void Every_type_comes_back_in_its_shape(torch.ScalarType type)
    {
        var tensors = EveryType.Shapes(type);
        SafeTensors.Write(PathOf("all.safetensors"), tensors);
        var read = SafeTensors.Read(PathOf("all.safetensors"));
        Assert.That(read.Keys, Is.EquivalentTo(tensors.Keys));
        foreach (var (name, tensor) in tensors)
        {
            Assert.That(read[name].dtype, Is.EqualTo(type), name);
            Assert.That(Tensors.Deviation(read[name], tensor), Is.Zero, name);
        }
    }

    [Test]
    public void A_file_written_by_hand_is_read()
    {
        var header =
            """{"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""";
        byte[] data = [0, 0, 128, 63, 0, 0, 0, 192, 42, 0, 0, 0, 0, 0, 0, 0];
        Write("hand.safetensors", header, data);
        var read = SafeTensors.Read(PathOf("hand.safetensors"));
        Assert.That(read["a"].shape, Is.EqualTo(new long[] { 2, 1 }));
        Assert.That(read["a"].data<float>().ToArray(), Is.EqualTo(new[] { 1f, -2f }));
        Assert.That(read["b"].item<long>(), Is.EqualTo(42));
    }

    [Test]
    public void An_open_file_gives_metadata_and_one_tensor_at_a_time()
    {
        var header =
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[0,3],"data_offsets":[8,8]}}""";
        Write("lazy.safetensors", header, [0, 0, 128, 63, 0, 0, 0, 192]);
        using var file = SafeTensors.Open(PathOf("lazy.safetensors"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(file.Names, Is.EqualTo(new[] { "a", "b" }));
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That((file.ElementType("b"), file.Shape("b")[1]), Is.EqualTo((torch.ScalarType.Byte, 3L)));
            Assert.That(file.Read("a").data<float>().ToArray(), Is.EqualTo(new[] { 1f, -2f }));
            Assert.That(file.Read("b").shape, Is.EqualTo(new long[] { 0, 3 }));
            Assert.That(() => file.Read("c"), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("'c'"));
        }
    }

    [Test]
    public void The_bytes_of_a_file_are_those_of_the_format()
    {
        SafeTensors.Write(
            PathOf("bytes.safetensors"),
            [new("x", torch.tensor(new[] { 1f, -2f }))],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" }
        );
        var bytes = File.ReadAllBytes(PathOf("bytes.safetensors"));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = Encoding.UTF8.GetString(bytes, 8, length);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(length % 8, Is.Zero, "the data is aligned");
            Assert.That(
                header.TrimEnd(' '),
                Is.EqualTo("""{"__metadata__":{"format":"pt"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")
            );
            Assert.That(bytes.AsSpan(8 + length).ToArray(), Is.EqualTo(new byte[] { 0, 0, 128, 63, 0, 0, 0, 192 }));
            Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1), "no half-written file is left");
        }
    }

    [TestCase("""[]""", 0, "no JSON object")]
    [TestCase("""{"x":{"dtype":"F32","shape":[2]}}""", 8, "'x' lacks")]
    [TestCase("""{"x":{"dtype":"F8","shape":[2],"data_offsets":[0,2]}}""", 2, "F8")]
    [TestCase("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "4 bytes for F32 of shape [2]")]
    [TestCase("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "'x' lacks")]
    [TestCase("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "'x' has")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "must begin at 0")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "8 bytes of data")]
    [TestCase("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 7, "7 bytes of data")]
    [TestCase("""{"x":""", 0, "no safetensors file")]
    public void A_damaged_file_is_refused_with_its_name_and_the_reason(string header, int dataBytes, string reason)
    {
        Write("bad.safetensors", header, new byte[dataBytes]);
        Assert.That(
            () => SafeTensors.Read(PathOf("bad.safetensors")),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("bad.safetensors").And.Message.Contains(reason)
        );
    }

    [Test]
    public void A_file_too_short_or_of_another_kind_is_refused()
    {
        File.WriteAllBytes(PathOf("short.safetensors"), [1, 2, 3]);
        File.WriteAllBytes(PathOf("other.safetensors"), [255, 255, 255, 255, 255, 255, 255, 127, 0]);
        File.WriteAllBytes(PathOf("short.dat"), [3, 1]);
        using var net = Net(1);
        Assert.That(() => Weights.Load(net, PathOf("short.safetensors")), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => Weights.Load(net, PathOf("other.safetensors")), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => Weights.Load(net, PathOf("short.dat")), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => Weights.Load(net, PathOf("none.safetensors")), Throws.TypeOf<FileNotFoundException>());
    }

    [Test]
    public void A_type_that_the_format_lacks_is_refused_and_leaves_no_file()
    {
        Assert.That(
            () =>
                SafeTensors.Write(PathOf("x.safetensors"), [new("x", torch.zeros(2, torch.ScalarType.ComplexFloat32))]),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("'x' is ComplexFloat32")
        );
        Assert.That(Directory.GetFiles(_folder), Is.Empty);
    }

    private static SparseSequential Net(int seed)
    {
        torch.manual_seed(seed);
        return torch.nn.SparseSequential(torch.nn.SubMConv3d(2, 4, 3), torch.nn.BatchNorm1d(4));
    }

    private static SparseTensor Voxels() =>
        new(
            torch.rand(2, 2),
            Tensors.Coordinates(
                [
                    [0, 0, 0, 0],
                    [0, 0, 0, 1],
                ],
                3
            )
        );

    private string PathOf(string name) => Path.Combine(_folder, name);

    private void Write(string name, string header, byte[] data)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(header) + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Encoding.UTF8.GetByteCount(header));
        Encoding.UTF8.GetBytes(header, bytes.AsSpan(8));
        data.CopyTo(bytes.AsSpan(bytes.Length - data.Length));
        File.WriteAllBytes(PathOf(name), bytes);
    }
}
