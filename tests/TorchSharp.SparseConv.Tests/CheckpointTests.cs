using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Checkpoints with the names and shapes that the published code bases write, made here with random values.</summary>
[TestFixture]
public sealed class CheckpointTests
{
    private static readonly long[] Planes = [4, 6, 8, 10, 9, 7, 5, 3];

    private readonly Dictionary<string, torch.Tensor> _state = new(StringComparer.Ordinal);
    private Random _random = null!;
    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Make_a_folder()
    {
        _folder = Directory.CreateTempSubdirectory("sparseconv").FullName;
        _scope = torch.NewDisposeScope();
        _random = new Random(11);
        _state.Clear();
    }

    [TearDown]
    public void Delete_it()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase(1, "MinkowskiEngine MinkUNet: ")]
    [TestCase(2, "MinkowskiEngine MinkUNet: ")]
    public void MinkowskiEngines_are_read(int blocks, string name)
    {
        Minkowski([.. Enumerable.Repeat(blocks, 8)], Planes);
        using var net = Load("me.pth");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.Architecture, Does.StartWith(name).And.Contains("2 channels in, 5 out, stem 1 x (5) of 4"));
            Same(net, "conv0p1s1.weight", Kernel("conv0p1s1.kernel", 5, isReversed: true));
            Same(net, "convtr5p8s2.weight", Kernel("convtr5p8s2.kernel", 2, isReversed: true));
            Same(net, "block8.0.norm2.running_mean", _state["block8.0.norm2.bn.running_mean"]);
            Same(net, "final.bias", _state["final.bias"].reshape(5));
        }

        Runs(net);
    }

    [TestCase("14A", 1, 128, 128, 96, 96)]
    [TestCase("18D", 2, 384, 384, 384, 384)]
    public void MinkowskiEngines_letter_is_told_by_the_planes(string letter, int blocks, params int[] up)
    {
        Minkowski([.. Enumerable.Repeat(blocks, 8)], [4, 4, 4, 4, .. up.Select(planes => (long)planes)]);
        using var net = Load("me.safetensors");
        Assert.That(net.Architecture, Does.StartWith($"MinkowskiEngine MinkUNet{letter}: "));
    }

    [Test]
    public void Spvnas_is_read_with_its_two_stem_layers_and_linear_classifier()
    {
        Sparse(i => ($"stem.{3 * i}", $"stem.{(3 * i) + 1}"), SpvnasStage);
        Linear("classifier.0");
        _state["point_transforms.0.0.weight"] = torch.zeros(3, 3);
        _state["point_transforms.0.1.num_batches_tracked"] = torch.tensor(0L);
        using var net = Load("spvnas.pt");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.Architecture, Does.StartWith("spvnas MinkUNet: 2 channels in, 5 out, stem 2 x (3) of 4"));
            Same(net, "conv0p1s1.weight", Kernel("stem.0.kernel", 3, isReversed: true));
            Same(net, "conv0p1s1b.weight", Kernel("stem.3.kernel", 3, isReversed: true));
            Same(net, "conv1p1s2.weight", Kernel("stage1.0.net.0.kernel", 2, isReversed: false));
            Same(net, "block5.1.norm2.weight", _state["up1.1.1.net.4.weight"]);
            Same(net, "final.weight", _state["classifier.0.weight"].transpose(0, 1).reshape(1, 3, 5));
        }

        Runs(net);
        _state["point_transforms.0.1.num_batches_tracked"] = torch.tensor(9L);
        Assert.That(() => Load("spvcnn.pt"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("SPVCNN"));
    }

    [TestCase("spvnas SPVCNN: ", true)]
    [TestCase("mmdetection3d SPVCNNBackbone: ", false)]
    public void SPVCNNs_are_read_with_their_point_branch(string name, bool spvnas)
    {
        var root = spvnas ? "" : "backbone.";
        if (spvnas)
        {
            Sparse(i => ($"stem.{3 * i}", $"stem.{(3 * i) + 1}"), SpvnasStage);
            Linear("classifier.0");
        }
        else
        {
            MmDetection();
        }

        PointBranch(root);
        using var net = LoadPoints("spvcnn.pth");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.Architecture, Does.StartWith(name).And.Contains("2 channels in, 5 out, stem 2 x (3) of 4"));
            Assert.That(net.rule, Is.EqualTo(InterpolationRule.TorchSparse));
            var stem = spvnas ? "stem.3" : "backbone.conv_input.1.net.0";
            Same(net, "stem.3.weight", Kernel($"{stem}.kernel", 3, isReversed: true));
            Same(net, "classifier.0.weight", _state[spvnas ? "classifier.0.weight" : "decode_head.conv_seg.weight"]);
            Same(net, "point_transforms.2.0.weight", _state[$"{root}point_transforms.2.0.weight"]);
            Same(net, "point_transforms.1.1.running_var", _state[$"{root}point_transforms.1.1.running_var"]);
        }

        net.eval();
        var voxels = SmallCloud();
        var points = PointTensor.of(voxels, net.rule.Anchor);
        var logits = net.call(points);
        Assert.That(logits.shape, Is.EqualTo(new[] { voxels.count, 5 }));
        Weights.Save(net, PathOf("own.safetensors"));
        using var other = SPVCNN.FromCheckpoint(PathOf("own.safetensors"));
        Assert.That(other.Architecture, Does.StartWith("TorchSharp.SparseConv SPVCNN: 2 channels in, 5 out"));
        other.eval();
        Assert.That(Tensors.Deviation(other.call(points), logits), Is.Zero, "saved and loaded");
        Assert.That(
            () => MinkUNet.FromCheckpoint(PathOf("own.safetensors")),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("is an SPVCNN")
        );
        Assert.That(MinkUNet.DescribeCheckpoint(PathOf("spvcnn.pth")), Is.Null);
        Assert.That(SPVCNN.DescribeCheckpoint(PathOf("spvcnn.pth")), Is.EqualTo(net.Architecture));
        foreach (var file in new[] { "own.safetensors", "own.pt", "own.npz" })
        {
            Weights.Save(net, PathOf(file));
            Assert.That(SPVCNN.DescribeCheckpoint(PathOf(file)), Is.EqualTo(other.Architecture), file);
            Assert.That(MinkUNet.DescribeCheckpoint(PathOf(file)), Is.Null, file);
        }

        net.save(PathOf("own.dat"));
        Assert.That(SPVCNN.DescribeCheckpoint(PathOf("own.dat")), Is.EqualTo(other.Architecture));
    }

    [Test]
    public void A_MinkUNet_is_no_SPVCNN()
    {
        Sparse(i => ($"stem.{3 * i}", $"stem.{(3 * i) + 1}"), SpvnasStage);
        Linear("classifier.0");
        RefusePoints("no point branch");
        PointBranch("", batches: 0);
        RefusePoints("saw none of the batches");
        PointBranch("");
        _state.Remove("point_transforms.1.0.bias");
        RefusePoints("point_transforms.1.0.bias");

        void RefusePoints(string reason) =>
            Assert.That(
                () => LoadPoints("mink.pt"),
                Throws.TypeOf<InvalidDataException>().With.Message.Contains(reason)
            );
    }

    [Test]
    public void MmDetections_backbone_and_head_are_read()
    {
        MmDetection();
        using var net = Load("mmdet.pth");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.Architecture, Does.StartWith("mmdetection3d MinkUNetBackbone: 2 channels in, 5 out"));
            Same(
                net,
                "block8.0.downsample.0.weight",
                _state["backbone.decoder.3.1.0.downsample.0.kernel"].unsqueeze(0)
            );
            Same(net, "bntr4.running_var", _state["backbone.decoder.0.0.net.1.running_var"]);
        }

        Runs(net);
    }

    [Test]
    public void Pointcepts_SpUNet_is_read_with_its_norm_settings()
    {
        Pointcept();
        using var net = Load("spunet.pth");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.Architecture, Does.StartWith("Pointcept SpUNet: 2 channels in, 5 out, stem 1 x (5) of 4"));
            Assert.That(net.Architecture, Does.EndWith("norm eps 0.001 momentum 0.01"));
            var theirs = _state["module.backbone.up.3.0.weight"];
            Same(net, "convtr4p16s2.weight", theirs.permute(1, 2, 3, 4, 0).reshape(8, Planes[3], Planes[4]));
            Same(net, "block8.0.norm1.weight", _state["module.backbone.dec.0.block0.bn1.weight"]);
        }

        Runs(net);
    }

    [Test]
    public void Its_own_checkpoint_comes_back()
    {
        using var net = new MinkUNet(MinkUNetKind.MinkUNet14, 2, 5, width: 0.125, stem_kernel: 3);
        Weights.Save(net, PathOf("own.safetensors"));
        using var other = MinkUNet.FromCheckpoint(PathOf("own.safetensors"));
        foreach (var (name, tensor) in net.state_dict())
        {
            Same(other, name, tensor);
        }
    }

    [Test]
    public void What_is_no_such_network_is_refused_by_what_it_lacks()
    {
        _state["fc.weight"] = torch.zeros(2, 2);
        Assert.That(
            () => Load("other.pt"),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("begins with fc.weight")
        );
        Pointcept();
        _state.Remove("module.backbone.up.3.0.weight");
        Assert.That(
            () => Load("short.pt"),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("has no weight module.backbone.up.3.0.weight")
        );
        Pointcept();
        _state["module.backbone.extra"] = torch.zeros(1);
        Assert.That(
            () => Load("long.pt"),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("unexpected").And.Message.Contains("extra")
        );
    }

    private static string SpvnasStage(int stage, int part) =>
        stage < 4 ? $"stage{stage + 1}.{part}" : $"up{stage - 3}.{(part == 0 ? "0" : $"1.{part - 1}")}";

    private static void Same(torch.nn.Module net, string name, torch.Tensor expected) =>
        Assert.That(Tensors.Deviation(net.state_dict()[name], expected), Is.Zero, name);

    private static void Runs(MinkUNet net)
    {
        using var scope = torch.NewDisposeScope();
        net.eval();
        Assert.That(net.call(SmallCloud()).channels, Is.EqualTo(5));
    }

    private static SparseTensor SmallCloud()
    {
        var cloud = Cloud.Random(new Random(3), [20, 20, 20], [0, 0, 0], 1, 100);
        return new SparseTensor(torch.ones(new long[] { cloud.Rows.Length, 2 }), cloud.Coordinates());
    }

    /// <summary>A stored kernel [taps, in, out] of a cube as ours: its spatial axes turned round where theirs are.</summary>
    private torch.Tensor Kernel(string name, int side, bool isReversed)
    {
        var stored = _state[name];
        var (input, output) = (stored.shape[1], stored.shape[2]);
        return isReversed
            ? stored.reshape(side, side, side, input, output).permute(2, 1, 0, 3, 4).reshape(-1, input, output)
            : stored;
    }

    private void Minkowski(int[] blocks, long[] planes)
    {
        Layer("conv0p1s1.kernel", "bn0.bn", 4, 125, 2, 4);
        var (current, skips) = (4L, new Stack<long>());
        for (var stage = 0; stage < 8; stage++)
        {
            var down = stage < 4;
            var stride = down ? 1 << stage : 1 << (8 - stage);
            var name = down ? $"conv{stage + 1}p{stride}s2" : $"convtr{stage}p{stride}s2";
            var resized = down ? current : planes[stage];
            Layer($"{name}.kernel", down ? $"bn{stage + 1}.bn" : $"bntr{stage}.bn", resized, 8, current, resized);
            if (down)
            {
                skips.Push(current);
            }

            current = down ? resized : resized + skips.Pop();
            for (var i = 0; i < blocks[stage]; i++)
            {
                var block = $"block{stage + 1}.{i}";
                Layer($"{block}.conv1.kernel", $"{block}.norm1.bn", planes[stage], 27, current, planes[stage]);
                Layer($"{block}.conv2.kernel", $"{block}.norm2.bn", planes[stage], 27, planes[stage], planes[stage]);
                if (current != planes[stage])
                {
                    var projection = $"{block}.downsample";
                    Layer($"{projection}.0.kernel", $"{projection}.1.bn", planes[stage], current, planes[stage]);
                }

                current = planes[stage];
            }
        }

        _state["final.kernel"] = Values(current, 5);
        _state["final.bias"] = Values(1, 5);
    }

    private void Sparse(Func<int, (string Convolution, string Norm)> stem, Func<int, int, string> part)
    {
        Layer($"{stem(0).Convolution}.kernel", stem(0).Norm, 4, 27, 2, 4);
        Layer($"{stem(1).Convolution}.kernel", stem(1).Norm, 4, 27, 4, 4);
        var (current, skips) = (4L, new Stack<long>());
        for (var stage = 0; stage < 8; stage++)
        {
            var resized = stage < 4 ? current : Planes[stage];
            Layer($"{part(stage, 0)}.net.0.kernel", $"{part(stage, 0)}.net.1", resized, 8, current, resized);
            if (stage < 4)
            {
                skips.Push(current);
            }

            current = stage < 4 ? resized : resized + skips.Pop();
            for (var i = 1; i <= 2; i++)
            {
                var (block, planes) = (part(stage, i), Planes[stage]);
                Layer($"{block}.net.0.kernel", $"{block}.net.1", planes, 27, current, planes);
                Layer($"{block}.net.3.kernel", $"{block}.net.4", planes, 27, planes, planes);
                if (current != planes)
                {
                    Layer($"{block}.downsample.0.kernel", $"{block}.downsample.1", planes, current, planes);
                }

                current = planes;
            }
        }
    }

    private void MmDetection()
    {
        Sparse(
            i => ($"backbone.conv_input.{i}.net.0", $"backbone.conv_input.{i}.net.1"),
            (stage, part) =>
                stage < 4
                    ? $"backbone.encoder.{stage}.{part}"
                    : $"backbone.decoder.{stage - 4}.{(part == 0 ? "0" : $"1.{part - 1}")}"
        );
        Linear("decode_head.conv_seg");
    }

    private void PointBranch(string root, long batches = 3)
    {
        long[] planes = [4, Planes[3], Planes[5], Planes[7]];
        for (var branch = 0; branch < 3; branch++)
        {
            var name = $"{root}point_transforms.{branch}";
            Layer($"{name}.0.weight", $"{name}.1", planes[branch + 1], planes[branch + 1], planes[branch]);
            _state[$"{name}.0.bias"] = Values(planes[branch + 1]);
            _state[$"{name}.1.num_batches_tracked"] = torch.tensor(batches);
        }
    }

    private void Pointcept()
    {
        _state.Clear();
        const string Root = "module.backbone.";
        Layer($"{Root}conv_input.0.weight", $"{Root}conv_input.1", 4, 4, 5, 5, 5, 2);
        var (current, skips) = (4L, new Stack<long>());
        for (var stage = 0; stage < 8; stage++)
        {
            var down = stage < 4;
            var planes = Planes[stage];
            var resize = down ? $"{Root}down.{stage}" : $"{Root}up.{7 - stage}";
            Layer($"{resize}.0.weight", $"{resize}.1", planes, planes, 2, 2, 2, current);
            if (down)
            {
                skips.Push(current);
            }

            current = down ? planes : planes + skips.Pop();
            for (var i = 0; i < 2; i++)
            {
                var block = (down ? $"{Root}enc.{stage}" : $"{Root}dec.{7 - stage}") + $".block{i}";
                Layer($"{block}.conv1.weight", $"{block}.bn1", planes, planes, 3, 3, 3, current);
                Layer($"{block}.conv2.weight", $"{block}.bn2", planes, planes, 3, 3, 3, planes);
                if (current != planes)
                {
                    Layer($"{block}.proj.0.weight", $"{block}.proj.1", planes, planes, 1, 1, 1, current);
                }

                current = planes;
            }
        }

        _state[$"{Root}final.weight"] = Values(5, 1, 1, 1, current);
        _state[$"{Root}final.bias"] = Values(5);
    }

    private void Linear(string name)
    {
        _state[$"{name}.weight"] = Values(5, Planes[^1]);
        _state[$"{name}.bias"] = Values(5);
    }

    private void Layer(string convolution, string norm, long planes, params long[] shape)
    {
        _state[convolution] = Values(shape);
        foreach (var name in (string[])["weight", "bias", "running_mean", "running_var"])
        {
            _state[$"{norm}.{name}"] = Values(planes).abs();
        }

        _state[$"{norm}.num_batches_tracked"] = torch.tensor(3L);
    }

    private torch.Tensor Values(params long[] shape) => Tensors.Random(_random, torch.ScalarType.Float32, shape);

    private MinkUNet Load(string file)
    {
        Weights.Write(PathOf(file), _state);
        return MinkUNet.FromCheckpoint(PathOf(file));
    }

    private SPVCNN LoadPoints(string file)
    {
        Weights.Write(PathOf(file), _state);
        return SPVCNN.FromCheckpoint(PathOf(file));
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
