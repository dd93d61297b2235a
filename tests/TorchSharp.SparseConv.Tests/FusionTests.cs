using FsCheck;
using FsCheck.Fluent;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class FusionTests
{
    private static readonly torch.ScalarType[] Types =
    [
        torch.ScalarType.Float32,
        torch.ScalarType.Float64,
        torch.ScalarType.BFloat16,
    ];

    [TestCaseSource(nameof(Types))]
    public void A_fused_sequence_computes_what_its_modules_do(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var net = Sequence(bias: true);
        var parameters = type == torch.ScalarType.Float64 ? type : torch.ScalarType.Float32;
        net.to(parameters);
        Unsettle(net, seed: 1);
        var expected = Evaluate(net, type);
        net.fuse();
        Assert.That(Tensors.Deviation(Evaluate(net, type), expected), Is.LessThan(Tolerance(type)).And.GreaterThan(0));
    }

    [TestCase(MinkUNetKind.MinkUNet18)]
    [TestCase(MinkUNetKind.MinkUNet50)]
    public void A_fused_network_computes_what_it_did_before(MinkUNetKind kind)
    {
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(kind, 3, 5, width: 0.25, stem_kernel: 3);
        Unsettle(net, seed: 2);
        var expected = Evaluate(net, torch.ScalarType.Float32);
        Assert.That(net.fuse(), Is.SameAs(net));
        var actual = Evaluate(net, torch.ScalarType.Float32);
        Assert.That(Tensors.Deviation(actual, expected), Is.LessThan(1e-4).And.GreaterThan(0));
    }

    [Test]
    public void A_fused_network_of_points_computes_what_it_did_before()
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        using var net = new SPVCNN(3, 5, width: 0.25);
        Unsettle(net, seed: 8);
        using var manager = Input(torch.ScalarType.Float32, out var input);
        var points = PointTensor.of(input);
        var expected = net.call(points);
        net.fuse();
        Assert.That(Tensors.Deviation(net.call(points), expected), Is.LessThan(1e-4).And.GreaterThan(0));
    }

    [Test]
    public void Gradients_see_the_modules_themselves()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(MinkUNetKind.MinkUNet14, 3, 5, width: 0.25, stem_kernel: 3);
        Unsettle(net, seed: 3);
        net.fuse();
        using var manager = Input(torch.ScalarType.Float32, out var input);
        using var output = net.call(input);
        Assert.That(output.features.requires_grad);
        output.features.sum().backward();
        Assert.That(net.parameters().Count(one => one.grad is not null), Is.EqualTo(net.parameters().Count()));
        Assert.That(Tensors.Deviation(Evaluate(net, torch.ScalarType.Float32), output.features), Is.LessThan(1e-4));
    }

    [Test]
    public void Fusing_changes_no_parameter_and_no_buffer()
    {
        using var scope = torch.NewDisposeScope();
        using var net = Sequence(bias: true);
        Unsettle(net, seed: 4);
        var before = net.state_dict().ToDictionary(one => one.Key, one => one.Value.clone(), StringComparer.Ordinal);
        Evaluate(net.fuse().fuse(), torch.ScalarType.Float32);
        var after = net.state_dict();
        Assert.That(after.Keys, Is.EqualTo(before.Keys));
        Assert.That(before.Max(one => Tensors.Deviation(after[one.Key], one.Value)), Is.Zero);
    }

    [Test]
    public void Hooks_of_fused_modules_are_called()
    {
        using var scope = torch.NewDisposeScope();
        using var net = Sequence(bias: true);
        Unsettle(net, seed: 5);
        var expected = Evaluate(net, torch.ScalarType.Float32);
        var calls = 0;
        ((SparseBatchNorm)net[1]).register_forward_hook(
            (_, _, output) =>
            {
                calls++;
                return output;
            }
        );
        Assert.That(Tensors.Deviation(Evaluate(net.fuse(), torch.ScalarType.Float32), expected), Is.LessThan(1e-5));
        Assert.That(calls, Is.EqualTo(1));
    }

    public enum Piece
    {
        Convolution,
        ConvolutionWithBias,
        Depthwise,
        TheFirstConvolutionAgain,
        Norm,
        DenseNorm,
        NormWithoutScale,
        NormWithoutStatistics,
        NormWithTheWeightsOfTheFirst,
        Relu,
    }

    public enum Act
    {
        Fuse,
        Train,
        Evaluate,
        Step,
        Load,
        CopyIntoAParameter,
        MoveStatistics,
        WidenAndBack,
        AppendARelu,
    }

    [Test]
    public void A_network_gives_what_its_unfused_twin_gives_whatever_happens() =>
        Prop.ForAll<Piece[], Act[]>(AreEqualThroughout)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(12).WithReplay(12, 1));

    private static bool AreEqualThroughout(Piece[] pieces, Act[] acts)
    {
        using var scope = torch.NewDisposeScope();
        using var net = Assemble(pieces);
        using var twin = Assemble(pieces);
        Unsettle(net, seed: 9);
        twin.load_state_dict(net.state_dict());
        twin.eval();
        net.fuse();
        var equal = AreEqual(net, twin);
        for (var i = 0; equal && i < acts.Length; i++)
        {
            Do(acts[i], net, i);
            if (acts[i] != Act.Fuse)
            {
                Do(acts[i], twin, i);
            }

            equal = AreEqual(net, twin);
        }

        return equal;
    }

    private static SparseSequential Assemble(Piece[] pieces)
    {
        const int Channels = 3;
        var net = new SparseSequential();
        for (var i = 0; i < pieces.Length; i++)
        {
            SparseLayer layer = pieces[i] switch
            {
                Piece.Convolution => new SubMConv3d(Channels, Channels, 3, bias: false),
                Piece.ConvolutionWithBias => new SubMConv3d(Channels, Channels, 3, bias: true),
                Piece.Depthwise => new SubMConv3d(Channels, Channels, 3, groups: Channels),
                Piece.TheFirstConvolutionAgain => First<SubMConv3d>() ?? new SubMConv3d(Channels, Channels, 3),
                Piece.Norm => new SparseBatchNorm(Channels),
                Piece.DenseNorm => torch.nn.BatchNorm1d(Channels),
                Piece.NormWithoutScale => new SparseBatchNorm(Channels, affine: false),
                Piece.NormWithoutStatistics => new SparseBatchNorm(Channels, track_running_stats: false),
                Piece.NormWithTheWeightsOfTheFirst => Sharing(First<SparseBatchNorm>()),
                _ => torch.nn.ReLU(),
            };
            net.append(layer);
        }

        return net;

        T? First<T>()
            where T : torch.nn.Module =>
            Enumerable.Range(0, net.Count).Select(n => net[n]).OfType<T>().FirstOrDefault();

        static SparseBatchNorm Sharing(SparseBatchNorm? first)
        {
            var norm = new SparseBatchNorm(Channels);
            if (first is { weight: { } weight, bias: { } bias })
            {
                (norm.weight, norm.bias) = (weight, bias);
            }

            return norm;
        }
    }

    private static void Do(Act act, SparseSequential net, int seed)
    {
        var parameters = net.parameters().ToArray();
        var random = new Random(seed);
        switch (act)
        {
            case Act.Fuse:
                net.fuse();
                break;
            case Act.Train:
                net.train();
                break;
            case Act.Evaluate:
                net.eval();
                break;
            case Act.Step when parameters.Length > 0:
                using (var optimizer = torch.optim.SGD(parameters, 0.01))
                using (Input(torch.ScalarType.Float32, out var input))
                {
                    var output = net.call(input).features;
                    if (output.requires_grad)
                    {
                        optimizer.zero_grad();
                        output.square().mean().backward();
                        optimizer.step();
                    }
                }

                break;
            case Act.Load:
                var state = net.state_dict()
                    .ToDictionary(one => one.Key, one => one.Value * 0.9, StringComparer.Ordinal);
                net.load_state_dict(state);
                break;
            case Act.CopyIntoAParameter when parameters.Length > 0:
                using (torch.no_grad())
                {
                    var one = parameters[random.Next(parameters.Length)];
                    one.copy_(Tensors.Random(random, one.dtype, one.shape));
                }

                break;
            case Act.MoveStatistics:
                using (torch.no_grad())
                {
                    foreach (var (_, buffer) in net.named_buffers().Where(one => one.name.Contains("running")))
                    {
                        buffer.mul_(1.1);
                    }
                }

                break;
            case Act.WidenAndBack:
                net.to(torch.ScalarType.Float64).to(torch.ScalarType.Float32);
                break;
            case Act.AppendARelu:
                net.append(torch.nn.ReLU());
                break;
        }
    }

    /// <summary>In 16 bits the fused network may be as far from the exact result as its twin, which rounds more often.</summary>
    private static bool AreEqual(SparseSequential net, SparseSequential twin)
    {
        var exact = Evaluate(twin, torch.ScalarType.Float32);
        if (Tensors.Deviation(Evaluate(net, torch.ScalarType.Float32), exact) > 1e-4)
        {
            return false;
        }

        if (net.training)
        {
            return true;
        }

        var rounding = Tensors.Deviation(Evaluate(twin, torch.ScalarType.BFloat16), exact);
        var found = Tensors.Deviation(Evaluate(net, torch.ScalarType.BFloat16), exact);
        return found < (1.5 * rounding) + Tolerance(torch.ScalarType.BFloat16);
    }

    private static SparseSequential Sequence(bool bias) =>
        new(
            new SubMConv3d(3, 8, 3, bias: bias),
            new SparseBatchNorm(8),
            torch.nn.ReLU(inplace: true),
            new SparseConv3d(8, 12, 2, stride: 2, bias: bias),
            torch.nn.BatchNorm1d(12),
            new SubMConv3d(12, 12, 3, groups: 12, bias: bias),
            torch.nn.ReLU(),
            new SparseConvTranspose3d(12, 6, 2, stride: 2, bias: bias),
            new SparseBatchNorm(6),
            torch.nn.ReLU()
        );

    /// <summary>Statistics, scales and shifts as training leaves them, and evaluation mode.</summary>
    private static void Unsettle(torch.nn.Module module, int seed)
    {
        using var untracked = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var random = new Random(seed);
        foreach (
            var (name, tensor) in module
                .named_buffers()
                .Concat(module.named_parameters().Select(one => (one.name, (torch.Tensor)one.parameter)))
        )
        {
            var positive = name.EndsWith("running_var", StringComparison.Ordinal);
            if (tensor.dtype == torch.ScalarType.Int64 || (tensor.dim() != 1))
            {
                continue;
            }

            var values = Tensors.Random(random, tensor.dtype, tensor.shape);
            tensor.copy_(
                positive ? values.abs() + 0.2
                : name.EndsWith("weight", StringComparison.Ordinal) ? values + 1.5
                : values * 0.3
            );
        }

        module.eval();
    }

    private static torch.Tensor Evaluate(torch.nn.Module<SparseTensor, SparseTensor> net, torch.ScalarType type)
    {
        using var untracked = torch.no_grad();
        using var manager = Input(type, out var input);
        using var output = net.call(input);
        return output.features.clone();
    }

    private static CoordinateManager Input(torch.ScalarType type, out SparseTensor input)
    {
        var random = new Random(11);
        var cloud = Cloud.Random(random, [14, 15, 16], [-7, 0, 3], 2, 400);
        var coordinates = Tensors.Coordinates(cloud.Rows, 3);
        input = new SparseTensor(Tensors.Random(random, type, cloud.Rows.Length, 3), coordinates);
        return input.manager;
    }

    private static double Tolerance(torch.ScalarType type) =>
        type switch
        {
            torch.ScalarType.Float64 => 1e-13,
            torch.ScalarType.Float32 => 1e-5,
            _ => 0.03,
        };
}
