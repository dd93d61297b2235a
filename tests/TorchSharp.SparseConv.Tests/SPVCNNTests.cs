using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>The point-voxel network against its published forward pass, written with matrices of weights from loops.</summary>
[TestFixture]
public sealed class SPVCNNTests
{
    private static readonly double[] Edges = [0.5, 0.5, 0.5];

    [Test]
    public void The_forward_pass_is_the_published_one()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        using var net = new SPVCNN(3, 4, 0.125, dtype: torch.ScalarType.Float64);
        net.eval();
        var oracle = new Published(net, Make(150, 3, torch.ScalarType.Float64));
        Assert.That(Tensors.Deviation(net.call(oracle.Points), oracle.Logits()), Is.LessThan(1e-12));
    }

    [Test]
    public void Modules_have_the_names_of_spvnas_checkpoints()
    {
        using var net = new SPVCNN(4, 19);
        var weights = net.state_dict();
        string[] expected =
        [
            "stem.0.weight",
            "stem.4.running_var",
            "stage1.0.net.0.weight",
            "stage4.2.net.4.bias",
            "stage2.1.downsample.0.weight",
            "up1.0.net.1.weight",
            "up4.1.0.downsample.1.running_mean",
            "up4.1.1.net.3.weight",
            "classifier.0.bias",
            "point_transforms.2.0.weight",
            "point_transforms.0.1.num_batches_tracked",
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(weights.Keys, Is.SupersetOf(expected));
            Assert.That(
                weights,
                Has.Count.EqualTo((49 * 6) + 2 + (3 * 7)),
                "convolutions with norms, classifier, branches"
            );
            Assert.That(weights["up3.1.0.net.0.weight"].shape, Is.EqualTo(new[] { 27L, 96 + 32, 96 }));
            Assert.That(weights["point_transforms.1.0.weight"].shape, Is.EqualTo(new[] { 128L, 256 }));
            Assert.That(net.Architecture, Does.StartWith("SPVCNN: 4 channels in, 19 out, stem 2 x (3) of 32"));

            // 21.8 million parameters are what the paper counts at this width.
            Assert.That(
                net.parameters().Sum(parameter => parameter.NumberOfElements),
                Is.EqualTo(21_800_000).Within(100_000)
            );
        }
    }

    [Test]
    public void Every_parameter_learns_and_logits_are_the_points([Values(2, 3)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(2);
        using var net = new SPVCNN(2, 5, 0.125, InterpolationRule.Linear, dimensions);
        var points = Make(300, dimensions, torch.ScalarType.Float32, channels: 2);
        var logits = net.call(points);
        logits.pow(2).sum().backward();
        Assert.That(logits.shape, Is.EqualTo(new[] { 300L, 5 }));
        Assert.That(
            net.named_parameters()
                .Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() == 0)
                .Select(entry => entry.name),
            Is.Empty,
            "parameters without a gradient"
        );
    }

    [TestCase(0)]
    [TestCase(1)]
    public void One_point_and_none_train(int count)
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SPVCNN(2, 3, 0.125);
        var features = torch.ones(count, 2).requires_grad_();
        var logits = net.call(new PointTensor(features, torch.zeros(count, 3), 0.1, batch_size: 2));
        logits.sum().backward();
        Assert.That(logits.shape, Is.EqualTo(new[] { (long)count, 3 }));
        Assert.That(features.grad!.shape, Is.EqualTo(features.shape));
        Assert.That(torch.isfinite(logits).all().item<bool>());
    }

    [Test]
    public void An_empty_scan_and_a_point_that_was_dropped_change_nothing_for_the_others()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(3);
        using var net = new SPVCNN(2, 3, 0.125);
        net.eval();
        var random = new Random(4);
        var points = Tensors.Random(random, torch.ScalarType.Float32, 60, 3);
        var features = Tensors.Random(random, torch.ScalarType.Float32, 60, 2);
        var alone = net.call(new PointTensor(features, points, 0.1));
        var batch = torch.tensor(Enumerable.Repeat(2, 60).Prepend(0).ToArray());
        var more = torch.cat([torch.full(new long[] { 1, 3 }, 50f), points]);
        var options = new VoxelizationOptions { Range = new PointRange([-1, -1, -1], [1, 1, 1]) };
        var voxels = SparseTensor.voxelize(more, null, 0.1, options, batch, batch_size: 4);
        var logits = net.call(voxels.points(torch.cat([features.narrow(0, 0, 1), features])));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.dropped, Is.EqualTo(1));

            // A matrix product of torch may round 61 rows otherwise than 60.
            Assert.That(Tensors.Deviation(logits.narrow(0, 1, 60), alone), Is.LessThan(1e-6));
            Assert.That(torch.isfinite(logits).all().item<bool>());
        }
    }

    [Test]
    public void It_overfits_a_handful_of_points()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(5);
        using var net = new SPVCNN(3, 2, 0.125);
        var points = Make(60, 3, torch.ScalarType.Float32);
        var labels = torch.tensor(Enumerable.Range(0, 60).Select(i => i % 2L).ToArray());
        using var optimizer = torch.optim.Adam(net.parameters(), 0.01);
        var losses = new List<float>();
        for (var step = 0; step < 25; step++)
        {
            using var inner = torch.NewDisposeScope();
            optimizer.zero_grad();
            var loss = torch.nn.functional.cross_entropy(net.call(points), labels);
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        Assert.That(losses[^1], Is.LessThan(losses[0] / 2), $"{losses[0]} to {losses[^1]}");
    }

    [Test]
    public void Arguments_that_make_no_sense_are_named()
    {
        VoxelizationTests.Refuse(() => _ = new SPVCNN(3, 2, double.NaN), "width", "NaN");
        VoxelizationTests.Refuse(() => _ = new SPVCNN(3, 2, dimensions: 5), "dimensions", "5");
        VoxelizationTests.Refuse(() => _ = new SPVCNN(0, 2), "in_channels", "0");
        VoxelizationTests.Refuse(() => _ = new PointVoxelBlock(2, 0), "out_channels", "0");
    }

    private static PointTensor Make(int count, int dimensions, torch.ScalarType type, int channels = 3)
    {
        var random = new Random(count);
        var points = Tensors.Random(random, torch.ScalarType.Float64, count, dimensions) * 6;
        var features = Tensors.Random(random, type, count, channels);
        var batch = torch.tensor(Enumerable.Range(0, count).Select(_ => random.Next(2)).ToArray());
        return new PointTensor(features, points, new VoxelSize(Edges.AsSpan(0, dimensions)), batch);
    }

    /// <summary>spvnas' forward pass: the network's own layers, with the ways between points and voxels in loops.</summary>
    private sealed class Published
    {
        private readonly Dictionary<string, torch.nn.Module> _modules;
        private readonly double[,] _lattice;
        private readonly int[] _batch;

        internal Published(SPVCNN net, PointTensor points)
        {
            _modules = net.named_modules()
                .ToDictionary(entry => entry.name, entry => entry.module, StringComparer.Ordinal);
            Points = points;
            _lattice = Arrays.Matrix(points.lattice);
            _batch = points.batch.data<int>().ToArray();
        }

        internal PointTensor Points { get; }

        internal torch.Tensor Logits()
        {
            var x0 = Layer("stem", ToVoxels(Points.voxels(), Points.features));
            var z0 = ToPoints(x0);
            var x1 = Layer("stage1", ToVoxels(x0, z0));
            var x2 = Layer("stage2", x1);
            var x3 = Layer("stage3", x2);
            var x4 = Layer("stage4", x3);
            var z1 = ToPoints(x4) + Transform(0, z0);
            var y2 = Up(2, Up(1, ToVoxels(x4, z1), x3), x2);
            var z2 = ToPoints(y2) + Transform(1, z1);
            var y4 = Up(4, Up(3, ToVoxels(y2, z2), x1), x0);
            var z3 = ToPoints(y4) + Transform(2, z2);
            return ((torch.nn.Module<torch.Tensor, torch.Tensor>)_modules["classifier"]).call(z3);
        }

        private SparseTensor Up(int number, SparseTensor x, SparseTensor skip) =>
            Layer($"up{number}.1", SparseTensor.cat(Layer($"up{number}.0", x), skip));

        private SparseTensor Layer(string name, SparseTensor x) =>
            ((torch.nn.Module<SparseTensor, SparseTensor>)_modules[name]).call(x);

        private torch.Tensor Transform(int branch, torch.Tensor z)
        {
            var linear = (Modules.Linear)_modules[$"point_transforms.{branch}.0"];
            var norm = (SparseBatchNorm)_modules[$"point_transforms.{branch}.1"];
            var y = linear.call(z) - norm.running_mean!;
            return (y / (norm.running_var! + norm.eps).sqrt() * norm.weight! + norm.bias!).relu();
        }

        private torch.Tensor ToPoints(SparseTensor x) =>
            torch.mm(Weights(x, (place, site) => Math.Max(0, 1 - Math.Abs(place - site)), byPoint: true), x.features);

        private SparseTensor ToVoxels(SparseTensor x, torch.Tensor z)
        {
            var means = Weights(x, (place, site) => Math.Floor(place) == site ? 1 : 0, byPoint: false);
            return x.with_features(torch.mm(means.transpose(0, 1), z));
        }

        /// <summary>[points, voxels]: products of a weight over the axes, divided by their sum for each point or voxel.</summary>
        private torch.Tensor Weights(SparseTensor x, Func<double, int, double> weight, bool byPoint)
        {
            var rows = Tensors.Rows(x.coordinates);
            var values = new double[_batch.Length * rows.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var (point, row) = (i / rows.Length, rows[i % rows.Length]);
                values[i] = _batch[point] == row[0] ? 1 : 0;
                for (var axis = 0; axis < x.dimensions; axis++)
                {
                    values[i] *= weight(_lattice[point, axis] / x.stride[axis], row[axis + 1]);
                }
            }

            var matrix = torch.tensor(values, [_batch.Length, rows.Length], torch.ScalarType.Float64);
            return matrix / matrix.sum(byPoint ? 1 : 0, keepdim: true).clamp_min(1e-300);
        }
    }
}
