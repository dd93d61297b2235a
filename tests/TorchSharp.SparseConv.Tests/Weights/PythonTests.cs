using System.Diagnostics;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>examples/python/load_weights.py, run by a Python that has torch (Debian's python3-torch).</summary>
[TestFixture]
public sealed class PythonTests
{
    private const string Python = "/usr/bin/python3";

    // Reads model.safetensors and input.pt, runs the dense network, writes output.pt.
    private const string Dense = """
        import sys, torch
        sys.path.insert(0, sys.argv[1])
        from load_weights import convert, read_safetensors
        folder = sys.argv[2]
        net = torch.nn.Sequential(
            torch.nn.Conv3d(2, 4, 3, padding=1), torch.nn.Conv3d(4, 6, 2, stride=2, bias=False),
            torch.nn.ConvTranspose3d(6, 3, 2, stride=2), torch.nn.Conv3d(3, 5, 1))
        state = convert(read_safetensors(folder + "/model.safetensors"), "dense", transposed=["2.weight"])
        net.load_state_dict(state)
        with torch.no_grad():
            torch.save({"y": net(torch.load(folder + "/input.pt")["x"])}, folder + "/output.pt")
        """;

    // Converts model.safetensors for every library.
    private const string Convert = """
        import sys, torch
        sys.path.insert(0, sys.argv[1])
        from load_weights import convert, read_safetensors
        for library in ("spconv1", "spconv2", "minkowski", "torchsparse", "dense"):
            state = convert(read_safetensors(sys.argv[2] + "/model.safetensors"), library, transposed=["2.weight"])
            torch.save(state, sys.argv[2] + "/" + library + ".pth")
        """;

    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Require_a_Python_with_torch()
    {
        if (!File.Exists(Python) || Run("import torch").ExitCode != 0)
        {
            Assert.Ignore($"no torch for {Python}");
        }

        _folder = Directory.CreateTempSubdirectory("sparseconv").FullName;
        _scope = torch.NewDisposeScope();
    }

    [TearDown]
    public void Delete_the_folder()
    {
        _scope?.Dispose();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    public void A_dense_network_there_gives_what_the_sparse_one_gives_here()
    {
        using var net = Net();
        Weights.Save(net, PathOf("model.safetensors"));
        var x = Tensors.Random(new Random(4), torch.ScalarType.Float32, 1, 2, 6, 6, 6);
        Weights.Write(PathOf("input.pt"), [new("x", x)]);
        Python_runs(Dense);
        var there = Weights.Read(PathOf("output.pt"))["y"];

        // Every voxel is active: the sparse network computes all that the dense one does.
        var here = net.call(SparseTensor.from_dense(x)).dense(6);
        Assert.That(Tensors.Deviation(here, there), Is.LessThan(1e-5));
    }

    [Test]
    public void Its_layouts_are_ours_and_its_files_load_here()
    {
        using var net = Net();
        Weights.Save(net, PathOf("model.safetensors"));
        Python_runs(Convert);
        foreach (
            var (library, layout) in new[]
            {
                ("spconv1", WeightLayout.SpConv1),
                ("spconv2", WeightLayout.SpConv2),
                ("minkowski", WeightLayout.MinkowskiEngine),
                ("torchsparse", WeightLayout.TorchSparse),
                ("dense", WeightLayout.Dense),
            }
        )
        {
            using var other = Net();
            Assert.That(Weights.Load(other, PathOf($"{library}.pth"), layout).IsComplete, library);
            foreach (var (name, tensor) in net.state_dict())
            {
                Assert.That(Tensors.Deviation(other.state_dict()[name], tensor), Is.Zero, $"{library} {name}");
            }
        }
    }

    private static SparseSequential Net() =>
        torch.nn.SparseSequential(
            torch.nn.SubMConv3d(2, 4, 3),
            torch.nn.SparseConv3d(4, 6, 2, 2, bias: false),
            torch.nn.SparseConvTranspose3d(6, 3, 2, 2),
            torch.nn.SubMConv3d(3, 5, 1)
        );

    private static (int ExitCode, string Error) Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-c", script, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private void Python_runs(string script)
    {
        var (code, error) = Run(script, Path.Combine(Repository.Root, "examples", "python"), _folder);
        Assert.That(code, Is.Zero, error);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
