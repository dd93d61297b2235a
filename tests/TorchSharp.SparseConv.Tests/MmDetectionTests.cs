using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>One network under the names and layouts of each of mmdetection3d's back ends, written here by hand.</summary>
[TestFixture]
public sealed class MmDetectionTests
{
    private const string Encoder = "backbone.encoder";
    private const string Decoder = "backbone.decoder";

    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Make_a_folder()
    {
        _folder = Directory.CreateTempSubdirectory("sparseconv").FullName;
        _scope = torch.NewDisposeScope();
        torch.manual_seed(9);
    }

    [TearDown]
    public void Delete_it()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("mmdetection3d MinkUNetBackbone: ", ".net.0.kernel")]
    [TestCase("mmdetection3d MinkUNetBackbone (spconv): ", ".0.weight")]
    [TestCase("mmdetection3d MinkUNetBackbone (MinkowskiEngine): ", ".net.0.kernel")]
    public void Every_back_end_gives_the_same_outputs(string name, string ending)
    {
        using var ours = Network();
        var state = ours.state_dict()
            .Select(entry => Renamed(name, entry.Key, entry.Value))
            .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        Assert.That(state.Keys, Has.Member($"backbone.conv_input.0{ending}"));
        var path = Path.Combine(_folder, "mmdet.pth");
        Weights.Write(path, state);
        using var theirs = MinkUNet.FromCheckpoint(path);
        Assert.That(theirs.Architecture, Does.StartWith(name).And.Contains("2 channels in, 5 out, stem 2 x (3) of 4"));
        Assert.That(MinkUNet.DescribeCheckpoint(path), Is.EqualTo(theirs.Architecture));
        Assert.That(Output(theirs), Is.EqualTo(Output(ours)));
    }

    [Test]
    public void What_is_no_checkpoint_has_no_description()
    {
        var path = Path.Combine(_folder, "other.pt");
        Weights.Write(path, [new("fc.weight", torch.zeros(2, 2))]);
        Assert.That(MinkUNet.DescribeCheckpoint(path), Is.Null);
        File.WriteAllText(path, "no archive");
        Assert.That(() => MinkUNet.DescribeCheckpoint(path), Throws.TypeOf<InvalidDataException>());
    }

    // Norms that have seen nothing would hide a wrong name.
    private static MinkUNet Network()
    {
        var plan = new MinkUNetPlan
        {
            Name = "hand-made",
            Input = 2,
            Output = 5,
            StemKernel = 3,
            StemLayers = 2,
            StemPlanes = 4,
            Resized = [4, 4, 6, 8, 9, 7, 5, 3],
            Planes = [4, 6, 8, 10, 9, 7, 5, 3],
            Blocks = [1, 2, 1, 2, 2, 1, 2, 1],
        };
        var network = new MinkUNet(plan, new SparseLayerFactory(3, null, null));
        using var untracked = torch.no_grad();
        foreach (var (name, tensor) in network.state_dict())
        {
            if (!name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                tensor.copy_(torch.rand(tensor.shape).sub(name.EndsWith("var", StringComparison.Ordinal) ? 0 : 0.4));
            }
        }

        return network;
    }

    private static float[] Output(MinkUNet network)
    {
        network.eval();
        using var untracked = torch.no_grad();
        var cloud = Cloud.Random(new Random(3), [20, 20, 20], [0, 0, 0], 1, 100);
        var features = torch.arange(2 * cloud.Rows.Length).to_type(torch.ScalarType.Float32).div(100).reshape(-1, 2);
        return network
            .call(new SparseTensor(features, cloud.Coordinates()))
            .features.reshape(-1)
            .data<float>()
            .ToArray();
    }

    private static KeyValuePair<string, torch.Tensor> Renamed(string backEnd, string name, torch.Tensor tensor)
    {
        var (isSpConv, isMinkowski) = (
            backEnd.Contains("spconv", StringComparison.Ordinal),
            backEnd.Contains("Minkowski", StringComparison.Ordinal)
        );
        var dot = name.LastIndexOf('.');
        var (owner, last) = (name[..dot], name[(dot + 1)..]);
        if (owner is "final")
        {
            return new($"decode_head.conv_seg.{last}", last is "weight" ? tensor[0].transpose(0, 1) : tensor);
        }

        var isNorm = tensor.ndim < 3;
        var theirs = Unit(owner, isNorm, isSpConv) ?? Block(owner, isNorm, isSpConv, isMinkowski);
        return isNorm
            ? new(isMinkowski ? $"{theirs}.bn.{last}" : $"{theirs}.{last}", tensor)
            : new($"{theirs}.{(isSpConv ? "weight" : "kernel")}", Kernel(tensor, isSpConv, isMinkowski));
    }

    // A convolution and its norm outside of the blocks.
    private static string? Unit(string owner, bool isNorm, bool isSpConv)
    {
        var part = $"{(isSpConv ? "" : ".net")}.{(isNorm ? 1 : 0)}";
        return owner switch
        {
            "conv0p1s1" or "bn0" => $"backbone.conv_input.0{part}",
            "conv0p1s1b" or "bn0b" => $"backbone.conv_input.1{part}",
            "conv1p1s2" or "bn1" => $"{Encoder}.0.0{part}",
            "conv2p2s2" or "bn2" => $"{Encoder}.1.0{part}",
            "conv3p4s2" or "bn3" => $"{Encoder}.2.0{part}",
            "conv4p8s2" or "bn4" => $"{Encoder}.3.0{part}",
            "convtr4p16s2" or "bntr4" => $"{Decoder}.0.0{part}",
            "convtr5p8s2" or "bntr5" => $"{Decoder}.1.0{part}",
            "convtr6p4s2" or "bntr6" => $"{Decoder}.2.0{part}",
            "convtr7p2s2" or "bntr7" => $"{Decoder}.3.0{part}",
            _ => null,
        };
    }

    private static string Block(string owner, bool isNorm, bool isSpConv, bool isMinkowski)
    {
        var parts = owner.Split('.');
        var (stage, block) = (parts[0]["block".Length] - '1', parts[1][0] - '0');
        var name = stage < 4 ? $"{Encoder}.{stage}.{block + 1}" : $"{Decoder}.{stage - 4}.1.{block}";
        if (parts[2] is "downsample")
        {
            return isMinkowski ? $"{name}.downsample.net.{parts[3]}" : $"{name}.downsample.{parts[3]}";
        }

        var layer = parts[2][^1];
        return isMinkowski ? $"{name}.{(isNorm ? "norm" : "conv")}{layer}"
            : isSpConv ? $"{name}.{(isNorm ? "bn" : "conv")}{layer}"
            : $"{name}.net.{(3 * (layer - '1')) + (isNorm ? 1 : 0)}";
    }

    // [taps, in, out] as each library stores it: MinkowskiEngine's first axis runs fastest, TorchSparse's where the kernel is odd.
    private static torch.Tensor Kernel(torch.Tensor weight, bool isSpConv, bool isMinkowski)
    {
        var (taps, input, output) = (weight.shape[0], weight.shape[1], weight.shape[2]);
        var side = (long)Math.Round(Math.Cbrt(taps));
        var cube = weight.detach().reshape(side, side, side, input, output);
        if (taps == 1)
        {
            return isSpConv ? weight.detach().reshape(output, 1, 1, 1, input) : weight.detach()[0];
        }

        return isSpConv ? cube.permute(4, 0, 1, 2, 3).contiguous()
            : isMinkowski || side == 3 ? cube.permute(2, 1, 0, 3, 4).contiguous().reshape(taps, input, output)
            : weight.detach();
    }
}
