using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Whatever way training goes, live tensors and native objects come back to where they were. Each way runs on a thread
/// of its own, so that nothing on the test's stack keeps anything alive.
/// </summary>
[TestFixture]
[NonParallelizable]
public sealed class LifetimeTests
{
    private const int Steps = 6;

    [Test]
    public void Large_results_take_the_memory_of_those_that_are_gone()
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        var (rows, channels) = (40_000L, 40L);
        var sites = torch.stack([torch.zeros(rows), torch.arange(rows), torch.zeros(rows), torch.zeros(rows)], 1);
        var input = new SparseTensor(torch.rand(rows, channels), sites.to_type(torch.ScalarType.Int32));
        using var layer = new SubMConv3d(channels, channels, 1);
        var expected = input.features.matmul(layer.weight[0]).add_(layer.bias!);
        var first = Place();
        Assert.That(Place(), Is.EqualTo(first));

        nint Place()
        {
            using var result = layer.call(input).features;
            Assert.That(Tensors.Deviation(result, expected), Is.LessThan(1e-5));
            return TensorMemory.Matrix(result, rows, channels, nameof(result)).Data;
        }
    }

    [Test]
    public void Training_in_a_scope_per_step_needs_no_collection_for_its_tensors()
    {
        using var net = Net();
        using var optimizer = torch.optim.SGD(net.parameters(), 0.01);
        Step(net, optimizer, 0);
        Settle();
        var before = torch.Tensor.TotalCount;
        for (var step = 1; step <= Steps; step++)
        {
            using var scope = torch.NewDisposeScope();
            Step(net, optimizer, step);
        }

        Assert.That(torch.Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void Training_in_a_scope_per_step_holds_its_memory() => RequireSteady(TrainInScope);

    [Test]
    public void Training_without_a_scope_holds_its_memory() => RequireSteady(Train);

    [Test]
    public void Evaluation_without_gradients_holds_its_memory() =>
        RequireSteady(
            (net, step) =>
            {
                using var untracked = torch.no_grad();
                using var scope = torch.NewDisposeScope();
                net.call(Input(step));
            }
        );

    [Test]
    public void A_forward_whose_backward_never_runs_holds_its_memory() =>
        RequireSteady((net, step) => net.call(Input(step)).Dispose());

    [Test]
    public void A_failed_call_holds_its_memory() =>
        RequireSteady(
            (net, step) =>
            {
                using var scope = torch.NewDisposeScope();
                Assert.That(() => net.call(Input(step).with_features(torch.ones(40, 2))), Throws.ArgumentException);
            }
        );

    [Test]
    public void Layers_that_pool_prune_join_and_norm_hold_their_memory_in_a_scope()
    {
        using var layers = new Others();
        RequireSteady(
            (_, step) =>
            {
                using var scope = torch.NewDisposeScope();
                Train(layers, step);
            }
        );
    }

    [Test]
    public void Layers_that_pool_prune_join_and_norm_hold_their_memory_without_one()
    {
        using var layers = new Others();
        RequireSteady((_, step) => Train(layers, step));
    }

    [Test]
    public void Two_models_on_two_threads_hold_their_memory()
    {
        using var second = Net();
        RequireSteady(
            (net, step) =>
            {
                var other = new Thread(() => TrainInScope(second, step + 100));
                other.Start();
                TrainInScope(net, step);
                other.Join();
            }
        );
    }

    [Test]
    public void Disposing_a_sparse_tensor_leaves_its_coordinates_to_those_that_share_them()
    {
        using var scope = torch.NewDisposeScope();
        var first = Input(0);
        var second = first.with_features(torch.ones(first.count, 1));
        first.Dispose();
        Assert.That(second.coordinates.shape[0], Is.EqualTo(second.count));
        Assert.That(first.features.IsInvalid, Is.True);
    }

    [Test]
    public void A_disposed_manager_makes_gradients_nan_and_the_next_call_throws()
    {
        using var scope = torch.NewDisposeScope();
        using var net = torch.nn.SubMConv3d(3, 2, 3);
        var input = Input(0);
        var output = net.call(input);
        input.manager.Dispose();
        output.features.sum().backward();
        Assert.That(net.weight.grad!.isnan().all().item<bool>(), Is.True);
        Assert.That(
            () => net.call(Input(1)),
            Throws.InvalidOperationException.With.InnerException.InstanceOf<ObjectDisposedException>()
        );
        Assert.That(() => net.call(Input(1)), Throws.Nothing, "the failure is told once");
    }

    [Test]
    public void A_weight_changed_between_forward_and_backward_ends_in_an_exception_not_in_an_abort()
    {
        using var scope = torch.NewDisposeScope();
        using var net = torch.nn.SubMConv3d(3, 2, 3);
        var input = Input(0);
        input.features.requires_grad_();
        var output = net.call(input);
        using (torch.no_grad())
        {
            net.weight.zero_();
        }

        output.features.sum().backward();
        Assert.That(input.features.grad!.isnan().all().item<bool>(), Is.True);
        Assert.That(() => net.call(Input(1)), Throws.InvalidOperationException);
    }

    [Test]
    public void A_second_derivative_is_refused_by_the_next_call()
    {
        using var scope = torch.NewDisposeScope();
        using var net = torch.nn.SubMConv3d(3, 2, 3);
        net.call(Input(0)).features.sum().backward(create_graph: true);
        Assert.That(
            () => net.call(Input(1)),
            Throws.InvalidOperationException.With.InnerException.InstanceOf<NotSupportedException>()
        );
    }

    /// <summary>Runs the same steps twice; the second time must leave nothing more behind than the first.</summary>
    private static void RequireSteady(Action<SparseSequential, int> step)
    {
        using var net = Net();
        var first = Run(net, step);
        var second = Run(net, step);
        Assert.That(second, Is.EqualTo(first), "(live tensors, native objects)");
        Assert.That(second.Objects, Is.Zero, "native objects");
    }

    private static (long Tensors, long Objects) Run(SparseSequential net, Action<SparseSequential, int> step)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                for (var i = 0; i < Steps; i++)
                {
                    step(net, i);
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);
        Settle();
        return (torch.Tensor.TotalCount, SparseConvRuntime.LiveObjects);
    }

    // Without a scope, a chain of functions is freed one link per collection.
    private static void Settle()
    {
        for (var i = 0; i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static void TrainInScope(SparseSequential net, int step)
    {
        using var scope = torch.NewDisposeScope();
        Train(net, step);
    }

    private static void Train(SparseSequential net, int step)
    {
        net.zero_grad();
        net.call(Input(step)).features.sum().backward();
    }

    private static void Train(torch.nn.Module<SparseTensor, torch.Tensor> net, int step)
    {
        net.zero_grad();
        var input = Input(step);
        input.features.requires_grad_();
        net.call(input).sum().backward();
    }

    private static void Step(SparseSequential net, torch.optim.Optimizer optimizer, int step)
    {
        optimizer.zero_grad();
        net.call(Input(step)).features.sum().backward();
        optimizer.step();
    }

    private static SparseSequential Net() =>
        torch.nn.SparseSequential(
            torch.nn.SubMConv3d(3, 4, 3),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(),
            torch.nn.SparseConv3d(4, 8, 2, 2),
            torch.nn.ReLU(),
            torch.nn.SparseConvTranspose3d(8, 2, 2, 2)
        );

    private static SparseTensor Input(int seed)
    {
        var random = new Random(seed);
        var cloud = Cloud.Random(random, [6, 6, 6], [0, 0, 0], 2, 40);
        using var coordinates = cloud.Coordinates();
        return new SparseTensor(Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, 3), coordinates);
    }

    /// <summary>One of each kind of layer that the sequence above lacks.</summary>
    private sealed class Others : torch.nn.Module<SparseTensor, torch.Tensor>
    {
        private readonly SparseMaxPool3d _pool = new(2);
        private readonly SparseMaxUnpool _unpool = new();
        private readonly SparseAvgPool3d _average = new(3, stride: 2, padding: 1);
        private readonly SparseUpsample _upsample = new(2);
        private readonly SparseInverseConv3d _inverse = new(3, 3, 3);
        private readonly SparseGroupNorm _group = new(3, 3);
        private readonly SparseBatchNorm _batch = new(3);
        private readonly SparseSqueezeExcitation _attention = new(3);
        private readonly SparseGlobalMaxPool _global = new();

        internal Others()
            : base(nameof(Others)) => RegisterComponents();

        public override torch.Tensor forward(SparseTensor? input)
        {
            var (pooled, rows) = _pool.forward_with_rows(input!);
            using (rows)
            {
                var restored = _batch.call(_unpool.call(pooled, rows)).crop(0, 4);
                var averaged = _average.call(input!);
                var around = _inverse.call(averaged.prune(torch.arange(averaged.count).gt(3)));
                var joined = SparseTensor.mul(restored, _upsample.call(pooled) + around, JoinSites.Union);
                return _global.call(SparseTensor.join(_attention.call(_group.call(joined)).scans()));
            }
        }
    }
}
