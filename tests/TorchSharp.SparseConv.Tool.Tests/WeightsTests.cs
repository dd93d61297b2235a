namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class WeightsTests : FolderTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope()
    {
        _scope = torch.NewDisposeScope();
        torch.manual_seed(2);
    }

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Tensors_metadata_and_the_network_are_told()
    {
        SafeTensors.Write(
            Folder["w.safetensors"],
            [new("a", torch.zeros(2, 3)), new("b", torch.zeros(4, torch.ScalarType.Int64))],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["epoch"] = "7" }
        );
        var report = Sparseconv.Json("weights", "inspect", Folder["w.safetensors"]);
        var tensors = report.GetProperty("tensors").EnumerateArray().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("numbers").GetInt64(), Is.EqualTo(10));
            Assert.That(report.GetProperty("architecture").GetString(), Is.Null);
            Assert.That(report.GetProperty("metadata").GetProperty("epoch").GetString(), Is.EqualTo("7"));
            Assert.That(tensors.Select(t => t.GetProperty("name").GetString()), Is.EquivalentTo(["a", "b"]));
            Assert.That(
                tensors.Single(t => t.GetProperty("name").GetString() is "a").GetProperty("shape").Doubles(),
                Is.EqualTo([2.0, 3])
            );
            Assert.That(
                tensors.Single(t => t.GetProperty("name").GetString() is "b").GetProperty("type").GetString(),
                Is.EqualTo("Int64")
            );
        }
        Assert.That(Sparseconv.Text("weights", "inspect", Folder["w.safetensors"]), Does.Contain("metadata epoch  7"));
    }

    [TestCase(".safetensors")]
    [TestCase(".pt")]
    [TestCase(".npz")]
    public void A_network_is_recognised_and_its_weights_survive_every_format(string ending)
    {
        var model = Path.Combine(Small.Model(Folder), ModelDirectory.WeightsFile);
        var to = Folder["w" + ending];
        var report = Sparseconv.Json("weights", "convert", model, to);
        Assert.That(report.GetProperty("from_layout").GetString(), Is.Null);
        Assert.That(
            Sparseconv.Json("info", to).GetProperty("architecture").GetString(),
            Does.StartWith("TorchSharp.SparseConv MinkUNet: 2 channels in, 3 out")
        );
        using var network = Small.Config().Architecture.Build();
        Assert.That(Weights.Load(network, to).IsComplete, Is.True);
    }

    [TestCase(".safetensors")]
    [TestCase(".pt")]
    [TestCase(".npz")]
    public void A_network_with_a_point_branch_is_recognised(string ending)
    {
        var report = Sparseconv.Json("weights", "inspect", Small.PointVoxelWeights(Folder["points" + ending]));
        Assert.That(
            report.GetProperty("architecture").GetString(),
            Does.StartWith("TorchSharp.SparseConv SPVCNN: 2 channels in, 3 out")
        );
    }

    // Against what the library does with a module, which knows its kernels.
    [TestCase("MinkowskiEngine")]
    [TestCase("TorchSparse")]
    [TestCase("SpConv1")]
    [TestCase("SpConv2")]
    [TestCase("SparseConvNet")]
    public void Layouts_are_converted_there_and_back(string layout)
    {
        using var network = new SparseSequential(
            new SubMConv3d(2, 3, 3),
            torch.nn.BatchNorm1d(3),
            new SparseConv3d(3, 4, 2, 2, bias: false),
            new SubMConv3d(4, 5, 1)
        );
        Weights.Save(network, Folder["ours.safetensors"]);
        var known = WeightLayout.All.Single(entry =>
            string.Equals(
                entry.Name.Replace(" ", "", StringComparison.Ordinal).Replace(".x", "", StringComparison.Ordinal),
                layout,
                StringComparison.OrdinalIgnoreCase
            )
        );
        Weights.Save(network, Folder["wanted.safetensors"], known);
        var there = Sparseconv.Json(
            "weights",
            "convert",
            Folder["ours.safetensors"],
            Folder["theirs.safetensors"],
            "--layout",
            "native",
            layout
        );
        Assert.That(there.GetProperty("to_layout").GetString(), Is.EqualTo(layout));
        Assert.That(there.GetProperty("kernels").Strings(), Is.EquivalentTo(["0.weight", "2.weight", "3.weight"]));
        Same("theirs.safetensors", "wanted.safetensors");
        Sparseconv.Text(
            "weights",
            "convert",
            Folder["theirs.safetensors"],
            Folder["back.safetensors"],
            "--layout",
            layout,
            "Native"
        );
        Same("back.safetensors", "ours.safetensors");
    }

    [Test]
    public void Mistakes_are_told()
    {
        Weights.Write(Folder["w.pt"], [new("a.weight", torch.zeros(7, 2, 3))]);
        string[] convert = ["weights", "convert", Folder["w.pt"]];
        Sparseconv.Fails(2, ["weights", "inspect", Folder["none.pt"]], "no such file");
        Sparseconv.Fails(2, ["weights", "convert", Folder["none.pt"], Folder["b.pt"]], "no such file");
        Sparseconv.Fails(2, [.. convert, Folder["b.onnx"]], "\".onnx\" is no format to write", ".safetensors");
        Sparseconv.Fails(2, [.. convert, Folder["b.pt"], "--layout", "native", "mine"], "--layout is mine", "SpConv2");
        Sparseconv.Fails(2, [.. convert, Folder["b.pt"], "--layout", "native"], "--layout");
        Sparseconv.Fails(2, [.. convert, Folder["b.pt"], "--dimensions", "9"], "--dimensions is 9");
        Sparseconv.Fails(1, [.. convert, Folder["b.pt"], "--place", "nets.c"], "it has no nets.c");
        Weights.Write(Folder["empty.pt"], []);
        Sparseconv.Fails(1, ["weights", "convert", Folder["empty.pt"], Folder["b.pt"]], "nothing to write");
        Sparseconv.Fails(
            1,
            [.. convert, Folder["b.pt"], "--layout", "native", "spconv2"],
            "a.weight has 7 taps",
            "no cube"
        );
        File.WriteAllText(Folder["bad.safetensors"], "no header at all");
        Sparseconv.Fails(1, ["weights", "inspect", Folder["bad.safetensors"]], "bad.safetensors");
        Sparseconv.Fails(2, ["weights", "--nonsense"], "sparseconv weights --help");
    }

    private void Same(string actual, string wanted)
    {
        var (read, expected) = (Weights.Read(Folder[actual]), Weights.Read(Folder[wanted]));
        Assert.That(read.Keys, Is.EquivalentTo(expected.Keys));
        foreach (var (name, tensor) in read)
        {
            Assert.That(tensor.shape, Is.EqualTo(expected[name].shape), name);
            Assert.That(tensor.equal(expected[name]).all().item<bool>(), Is.True, name);
        }
    }
}
