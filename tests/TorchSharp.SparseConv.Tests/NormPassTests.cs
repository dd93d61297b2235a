using TorchSharp.Modules;
using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Batch norm, residual and ReLU in one pass: PyTorch's own operators one after the other.</summary>
[TestFixture]
public sealed class NormPassTests
{
    private const int Channels = 5;

    // The norm, and whether it is trained.
    private static readonly Dictionary<string, (Func<torch.ScalarType, Module> Make, bool Trains)> Norms = new(
        StringComparer.Ordinal
    )
    {
        ["dense"] = (type => BatchNorm1d(Channels, 1e-3, 0.3, dtype: type), true),
        ["dense, evaluation"] = (type => BatchNorm1d(Channels, 1e-3, dtype: type), false),
        ["dense, not affine"] = (type => BatchNorm1d(Channels, affine: false, dtype: type), true),
        ["dense, without statistics"] = (type => BatchNorm1d(Channels, track_running_stats: false, dtype: type), false),
        ["dense, equal shares"] = (type => WithoutMomentum(BatchNorm1d(Channels, dtype: type)), true),
        ["sparse"] = (type => new SparseBatchNorm(Channels, 1e-3, 0.3, dtype: type), true),
        ["sparse, evaluation"] = (type => new SparseBatchNorm(Channels, 1e-3, dtype: type), false),
        ["sparse, not affine"] = (type => new SparseBatchNorm(Channels, affine: false, dtype: type), true),
    };

    private static IEnumerable<string> NormNames => Norms.Keys;

    [TestCaseSource(nameof(NormNames))]
    public void A_norm_before_relu_is_pytorchs_with_its_gradients_and_statistics(string name)
    {
        foreach (var (type, tolerance) in new[] { (torch.ScalarType.Float64, 1e-12), (torch.ScalarType.Float32, 2e-5) })
        {
            using var scope = torch.NewDisposeScope();
            using var norm = Make(name, type);
            using var twin = Twin(norm, type);
            using var net = new SparseSequential(Layer(norm), ReLU(inplace: true));
            for (var step = 0; step < 3; step++)
            {
                var input = Input(type, step);
                var (features, own) = (Leaf(input.features), Leaf(input.features));
                var output = net.call(input.with_features(features)).features;
                var expected = twin.call(own).relu();
                var gradient = Tensors.Random(new Random(step), type, output.shape);
                output.backward([gradient]);
                expected.backward([gradient]);
                BackwardFailure.ThrowIfAny();
                Assert.That(Tensors.Deviation(output, expected), Is.LessThan(tolerance));
                Assert.That(Tensors.Deviation(features.grad!, own.grad!), Is.LessThan(tolerance), "features");
            }

            RequireSameState(norm, twin, tolerance);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_residual_block_is_its_layers_one_by_one(bool training)
    {
        using var scope = torch.NewDisposeScope();
        const torch.ScalarType type = torch.ScalarType.Float64;
        var factory = new SparseLayerFactory(3, null, type);
        using var block = new ResidualBlock(factory, Channels, 7, bottleneck: false);
        using var watched = new ResidualBlock(factory, Channels, 7, bottleneck: false);
        watched.load_state_dict(block.state_dict());
        block.train(training);
        watched.train(training);
        var calls = Watch(watched);
        var input = Input(type, 1);
        var (features, own) = (Leaf(input.features), Leaf(input.features));
        var output = block.call(input.with_features(features)).features;
        var expected = watched.call(input.with_features(own)).features;
        var gradient = Tensors.Random(new Random(2), type, output.shape);
        output.backward([gradient]);
        expected.backward([gradient]);
        BackwardFailure.ThrowIfAny();
        Assert.That(calls, Has.Count.EqualTo(3), "norms that hooks saw");
        Assert.That(Tensors.Deviation(output, expected), Is.LessThan(1e-12));
        Assert.That(Tensors.Deviation(features.grad!, own.grad!), Is.LessThan(1e-11), "features");
        RequireSameState(block, watched, 1e-11);
    }

    [Test]
    public void Gradients_are_central_differences()
    {
        using var scope = torch.NewDisposeScope();
        const torch.ScalarType type = torch.ScalarType.Float64;
        var random = new Random(3);
        using var net = new SparseSequential(
            new SubMConv3d(Channels, 4, 3, dtype: type),
            new SparseBatchNorm(4, 0.1, dtype: type),
            ReLU(inplace: true),
            new SubMConv3d(4, 6, 3, dtype: type),
            BatchNorm1d(6, 0.1, dtype: type)
        );
        using var block = new ResidualBlock(new SparseLayerFactory(3, null, type), 6, 3, bottleneck: false);
        var input = Input(type, 4);
        var leaves = net.parameters().Concat(block.parameters()).Cast<torch.Tensor>().Append(input.features);
        foreach (var leaf in leaves)
        {
            Differences.RequireGradient(leaf, () => block.call(net.call(input)).features, random);
        }

        BackwardFailure.ThrowIfAny();
    }

    [Test]
    public void A_convolution_that_kept_what_its_input_was_made_from_has_the_same_gradients_bit_for_bit()
    {
        using var scope = torch.NewDisposeScope();
        const torch.ScalarType type = torch.ScalarType.Float32;
        using var first = new SubMConv3d(Channels, 20, 3);
        using var norm = new SparseBatchNorm(20);
        using var second = new SubMConv3d(20, 17, 3);
        using var whole = new SparseSequential(first, norm, ReLU(), second);
        using var start = new SparseSequential(first, norm, ReLU());
        var input = Input(type, 5);
        var gradients = new List<byte[]>[2];
        foreach (
            var (i, run) in new Func<SparseTensor>[]
            {
                () => whole.call(input),
                () => second.call(start.call(input)),
            }.Index()
        )
        {
            whole.zero_grad();
            run().features.square().sum().backward();
            gradients[i] = [.. whole.parameters().Select(one => TensorMemory.Bytes(one.grad!).ToArray())];
        }

        Assert.That(gradients[0], Is.EqualTo(gradients[1]));
    }

    [Test]
    public void Features_that_were_changed_in_place_are_the_ones_that_gradients_see()
    {
        using var scope = torch.NewDisposeScope();
        const torch.ScalarType type = torch.ScalarType.Float64;
        using var start = new SparseSequential(
            new SubMConv3d(Channels, 4, 3, dtype: type),
            new SparseBatchNorm(4, dtype: type)
        );
        using var end = new SubMConv3d(4, 3, 3, dtype: type);
        var input = Input(type, 6);
        Differences.RequireGradient(
            end.weight,
            () =>
            {
                var middle = start.call(input);
                middle.features.mul_(3);
                return end.call(middle).features;
            },
            new Random(7)
        );
        BackwardFailure.ThrowIfAny();
    }

    [Test]
    public void Hooks_on_norm_and_relu_are_called_and_change_what_they_may()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(torch.ScalarType.Float32, 8);
        using var norm = BatchNorm1d(Channels);
        using var relu = ReLU();
        using var net = new SparseSequential(norm, relu);
        norm.eval();
        var seen = new List<string>();
        var plain = net.call(input).features;
        var ofNorm = norm.register_forward_hook((_, _, output) => Note("norm", output - 1));
        var ofRelu = relu.register_forward_hook((_, _, output) => Note("relu", output));
        var hooked = net.call(input).features;
        Assert.That(seen, Is.EqualTo(new[] { "norm", "relu" }));
        Assert.That(Tensors.Deviation(hooked, (norm.forward(input.features) - 1).relu()), Is.LessThan(1e-6));
        ofNorm.remove();
        ofRelu.remove();
        Assert.That(Tensors.Deviation(net.call(input).features, plain), Is.Zero);

        torch.Tensor Note(string name, torch.Tensor output)
        {
            seen.Add(name);
            return output;
        }
    }

    [Test]
    public void One_row_is_refused_in_training_as_pytorch_does_and_taken_in_evaluation()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SparseSequential(BatchNorm1d(Channels), ReLU());
        var one = new SparseTensor(torch.ones(1, Channels), torch.zeros(1, 4, torch.ScalarType.Int32));
        Assert.That(() => net.call(one), Throws.Exception.With.Message.Contains("more than 1 value per channel"));
        net.eval();
        Assert.That(
            net.call(one).features.sum().item<float>(),
            Is.EqualTo(Channels / Math.Sqrt(1 + 1e-5)).Within(1e-5)
        );
    }

    [Test]
    public void Columns_of_a_wider_matrix_are_taken_as_they_lie_and_stay_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        using var net = new SparseSequential(BatchNorm1d(Channels), ReLU(inplace: true));
        var input = Input(torch.ScalarType.Float32, 9);
        var wide = torch.cat([input.features, input.features], 1);
        var before = wide.clone();
        var actual = net.call(input.with_features(wide.narrow(1, 2, Channels))).features;
        net.modules().OfType<BatchNorm1d>().Single().reset_running_stats();
        var expected = net.call(input.with_features(wide.narrow(1, 2, Channels).contiguous())).features;
        Assert.That(Tensors.Deviation(actual, expected), Is.Zero);
        Assert.That(Tensors.Deviation(wide, before), Is.Zero);
    }

    [Test]
    public void A_sequence_disposes_nothing_that_it_was_given()
    {
        using var scope = torch.NewDisposeScope();
        var factory = new SparseLayerFactory(3, null, torch.ScalarType.Float32);
        using var block = new ResidualBlock(factory, Channels, Channels, bottleneck: false);
        using var through = new SparseSequential();
        using var net = new SparseSequential(through, block);
        var input = Input(torch.ScalarType.Float32, 12);
        foreach (var training in new[] { true, false })
        {
            net.train(training);
            using var mode = torch.set_grad_enabled(training);
            using var output = net.call(input);
            Assert.That(output.features.IsInvalid, Is.False);
            Assert.That(input.features.IsInvalid, Is.False, "the input");
        }
    }

    [Test]
    public void Inference_holds_one_matrix_at_the_end_and_training_one_a_layer()
    {
        AllocatedMemory.Require();
        using var scope = torch.NewDisposeScope();
        var random = new Random(10);
        var cloud = Cloud.Random(random, [40, 40, 40], [0, 0, 0], 1, 6000);
        var input = new SparseTensor(Tensors.Random(random, torch.ScalarType.Float32, 6000, 3), cloud.Coordinates());
        using var net = new MinkUNet(MinkUNetKind.MinkUNet18, 3, 5, stem_kernel: 3);
        long before = 0,
            atTheEnd = 0;
        var final = (SubMConv3d)
            net.named_children()
                .Single(child => child.name.Equals(MinkUNet.FinalName, StringComparison.Ordinal))
                .module;
        final.register_forward_pre_hook(
            (_, last) =>
            {
                atTheEnd = AllocatedMemory.Now() - before;
                return last;
            }
        );
        var matrix = 6000 * 96 * sizeof(float);
        for (var pass = 0; pass < 2; pass++)
        {
            using var inner = torch.NewDisposeScope();
            using var untracked = torch.no_grad();
            before = AllocatedMemory.Now();
            net.call(input);
        }

        Assert.That(atTheEnd, Is.LessThan(2 * matrix), "inference");
        before = AllocatedMemory.Now();
        net.call(input).features.sum().backward();
        var training = atTheEnd;
        before = AllocatedMemory.Now();
        using (var watched = torch.NewDisposeScope())
        {
            Watch(net);
            net.call(input).features.sum().backward();
        }

        TestContext.Out.WriteLine($"{training >> 20} MiB held for backward, {atTheEnd >> 20} with norms one by one");
        Assert.That(training, Is.LessThan(0.8 * atTheEnd), "training");
    }

    private static List<string> Watch(Module module)
    {
        var calls = new List<string>();
        foreach (var norm in module.modules().OfType<SparseBatchNorm>())
        {
            norm.register_forward_pre_hook(
                (_, input) =>
                {
                    calls.Add(norm.GetName());
                    return input;
                }
            );
        }

        return calls;
    }

    private static Module Make(string name, torch.ScalarType type)
    {
        var (make, trains) = Norms[name];
        var norm = make(type);
        using var untracked = torch.no_grad();
        var random = new Random(11);
        foreach (var (_, parameter) in norm.named_parameters())
        {
            parameter.copy_(Tensors.Random(random, type, Channels));
        }

        norm.train(trains);
        return norm;
    }

    /// <summary>PyTorch's own norm in the same state.</summary>
    private static BatchNorm1d Twin(Module norm, torch.ScalarType type)
    {
        var state = BatchNormState.Of(norm)!;
        var (momentum, affine) = (norm is BatchNorm1d dense ? dense.momentum : 0.3, state.Weight is not null);
        var twin = BatchNorm1d(Channels, state.Epsilon, 0.3, affine, state.Mean is not null, dtype: type);
        twin.momentum = norm is SparseBatchNorm sparse ? sparse.momentum : momentum;
        twin.load_state_dict(norm.state_dict());
        twin.train(norm.training);
        return twin;
    }

    private static BatchNorm1d WithoutMomentum(BatchNorm1d norm)
    {
        norm.momentum = null;
        return norm;
    }

    private static void RequireSameState(Module one, Module other, double tolerance)
    {
        foreach (var (left, right) in one.named_parameters().Zip(other.named_parameters()))
        {
            Assert.That(
                Tensors.Deviation(left.parameter.grad!, right.parameter.grad!),
                Is.LessThan(tolerance),
                left.name
            );
        }

        foreach (var (left, right) in one.named_buffers().Zip(other.named_buffers()))
        {
            Assert.That(Tensors.Deviation(left.buffer, right.buffer), Is.LessThan(tolerance), left.name);
        }
    }

    private static SparseLayer Layer(Module norm) =>
        norm is SparseBatchNorm sparse ? new SparseLayer(sparse) : new SparseLayer((BatchNorm1d)norm);

    private static torch.Tensor Leaf(torch.Tensor features) => features.detach().clone().requires_grad_();

    private static SparseTensor Input(torch.ScalarType type, int seed)
    {
        var random = new Random(seed);
        var cloud = Cloud.Random(random, [9, 9, 9], [0, 0, 0], 2, 90);
        var features = Tensors.Random(random, type, cloud.Rows.Length, Channels) + seed;
        return new SparseTensor(features, cloud.Coordinates());
    }
}
