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
    public void Another_network_takes_the_fused_state()
    {
        using var scope = torch.NewDisposeScope();
        using var fused = Sequence(bias: false);
        using var other = Sequence(bias: false);
        Unsettle(fused, seed: 4);
        var names = fused.state_dict().Keys.ToArray();
        fused.fuse();
        other.load_state_dict(fused.state_dict());
        other.eval();
        Assert.That(fused.state_dict().Keys, Is.EqualTo(names));
        var (one, two) = (Evaluate(fused, torch.ScalarType.Float32), Evaluate(other, torch.ScalarType.Float32));
        Assert.That(Tensors.Deviation(one, two), Is.LessThan(1e-5));
    }

    [Test]
    public void Fusing_twice_changes_nothing()
    {
        using var scope = torch.NewDisposeScope();
        using var net = Sequence(bias: true);
        Unsettle(net, seed: 5);
        net.fuse();
        var before = Evaluate(net, torch.ScalarType.Float32);
        net.fuse();
        Assert.That(Tensors.Deviation(Evaluate(net, torch.ScalarType.Float32), before), Is.Zero);
    }

    [Test]
    public void What_stands_in_two_places_is_left_alone()
    {
        using var scope = torch.NewDisposeScope();
        using var convolution = new SubMConv3d(3, 3, 3);
        using var first = new SparseBatchNorm(3);
        using var second = new SparseBatchNorm(3);
        using var net = new SparseSequential(convolution, first, convolution, second);
        Unsettle(net, seed: 6);
        var expected = Evaluate(net, torch.ScalarType.Float32);
        net.fuse();
        Assert.That(Tensors.Deviation(Evaluate(net, torch.ScalarType.Float32), expected), Is.Zero);
    }

    [Test]
    public void Norms_that_keep_no_statistics_are_left_alone()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SparseSequential(
            new SubMConv3d(3, 4, 3),
            new SparseBatchNorm(4, track_running_stats: false),
            new SubMConv3d(4, 4, 3),
            new SparseBatchNorm(4, affine: false),
            new SubMConv3d(4, 4, 3),
            torch.nn.ReLU()
        );
        Unsettle(net, seed: 7);
        var expected = Evaluate(net, torch.ScalarType.Float32);
        net.fuse();
        Assert.That(Tensors.Deviation(Evaluate(net, torch.ScalarType.Float32), expected), Is.LessThan(1e-6));
    }

    [Test]
    public void Training_mode_is_refused()
    {
        using var net = Sequence(bias: true);
        var state = net.state_dict()["0.weight"].clone();
        Assert.That(() => net.fuse(), Throws.InvalidOperationException.With.Message.Contains("eval()"));
        Assert.That(Tensors.Deviation(net.state_dict()["0.weight"], state), Is.Zero);
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
