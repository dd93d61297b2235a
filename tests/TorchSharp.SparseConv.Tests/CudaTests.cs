using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Every layer and model on a CUDA device, against the CPU on the same numbers.</summary>
[TestFixture]
public sealed class CudaTests
{
    private static readonly torch.ScalarType[] Types =
    [
        torch.ScalarType.Float32,
        torch.ScalarType.BFloat16,
        torch.ScalarType.Float16,
    ];

    /// <summary>Why the tests of this fixture have no device, or null.</summary>
    private static string? Missing =>
        !torch.cuda.is_available() ? "this libtorch finds no CUDA device" : SparseConvRuntime.CudaFailure;

    // Dropout draws other numbers on another device.
    private static IEnumerable<TestCaseData> Layers =>
        from name in Missing is null ? EveryLayer.Names : []
        where !string.Equals(name, "SPVCNN", StringComparison.Ordinal)
        from type in Types
        select new TestCaseData(name, type);

    [Test]
    public void Cuda_takes_part_in_this_run()
    {
        if (Missing is { } reason)
        {
            Assert.Ignore(reason);
        }

        Assert.That(torch.cuda.device_count(), Is.GreaterThan(0));
    }

    [TestCaseSource(nameof(Layers))]
    public void A_layer_gives_what_it_gives_on_the_cpu(string name, torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var here = EveryLayer.Create(name);
        using var there = EveryLayer.Create(name);
        there.to(torch.CUDA);
        var random = new Random(9);
        var cloud = EveryLayer.IsModel(name)
            ? Cloud.Random(random, [32, 32, 32], [0, 0, 0], 2, 1500)
            : Cloud.Random(random, [7, 7, 7], [0, 0, 0], 2, 150);
        var features = Tensors.Random(random, type, cloud.Rows.Length, EveryLayer.Channels);
        var (output, gradient, weights) = Run(here, features, cloud.Coordinates());
        var (moved, movedGradient, movedWeights) = Run(there, features.cuda(), cloud.Coordinates().cuda());
        var tolerance = Tolerance(name, type);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(moved.device_type, Is.EqualTo(DeviceType.CUDA));
            Assert.That(moved.dtype, Is.EqualTo(output.dtype));
            Assert.That(Tensors.Error(moved.cpu(), output), Is.LessThan(tolerance), "output");
            foreach (var (path, one) in movedWeights)
            {
                Assert.That(one.device_type, Is.EqualTo(DeviceType.CUDA), path);

                // Below the last layer of a network each ReLU that turns makes a difference of its own.
                if (!EveryLayer.IsModel(name) || path.Contains(".final.", StringComparison.Ordinal))
                {
                    Assert.That(Tensors.Error(one.cpu(), weights[path]), Is.LessThan(2 * tolerance), path);
                }
            }

            if (!EveryLayer.IsModel(name))
            {
                Assert.That(Tensors.Error(movedGradient.cpu(), gradient), Is.LessThan(2 * tolerance), "gradient");
            }
        }
    }

    [Test]
    public void Selected_joined_and_derived_voxels_have_the_rows_of_the_cpu()
    {
        var (here, there) = Pair();
        foreach (
            var derive in new Func<SparseTensor, SparseTensor>[]
            {
                x => x.prune(x.features.narrow(1, 0, 1).reshape(-1).gt(0)),
                x => x.crop(1, 5),
                x => SparseTensor.add(x.crop(0, 4), x.crop(2, 7), JoinSites.Union),
                x => SparseTensor.mul(x.crop(0, 4), x.crop(2, 7), JoinSites.Intersection),
                x => SparseTensor.join(x.scans()),
                x => SparseTensor.from_dense(x.dense(EveryLayer.Shape)),
                x => SparseTensor.from_sparse_coo(x.to_sparse_coo(EveryLayer.Shape)),
                x => torch.nn.SparseMaxPool3d(3, 2, 1).call(x),
                x => torch.nn.SparseUpsample(2, TransposedSites.Generate).call(torch.nn.SparseSumPool3d(2).call(x)),
            }
        )
        {
            using var scope = torch.NewDisposeScope();
            var (one, other) = (derive(here), derive(there));
            Assert.That(other.coordinates.device_type, Is.EqualTo(DeviceType.CUDA));
            Assert.That(Tensors.Rows(other.coordinates.cpu()), Is.EqualTo(Tensors.Rows(one.coordinates)));
            Assert.That(Tensors.Error(other.features.cpu(), one.features), Is.LessThan(1e-6));
        }
    }

    [Test]
    public void Points_have_the_voxels_of_the_cpu()
    {
        Require();
        using var scope = torch.NewDisposeScope();
        var random = new Random(3);
        var points = Tensors.Random(random, torch.ScalarType.Float32, 500, 3) * 4;
        var features = Tensors.Random(random, torch.ScalarType.Float32, 500, 2);
        var labels = torch.arange(500).remainder(5);
        var batch = torch.arange(500).div(250).to_type(torch.ScalarType.Int32);
        foreach (
            var options in new[]
            {
                new VoxelizationOptions(),
                new VoxelizationOptions { Reduction = PointReduction.Max },
                new VoxelizationOptions { Reduction = PointReduction.Random, MaxPointsPerVoxel = 2 },
                new VoxelizationOptions { MaxVoxelsPerScan = 40 },
                new VoxelizationOptions { Range = new PointRange([-2, -2, -2], [2, 2, 2]) },
            }
        )
        {
            using var one = SparseTensor.voxelize(points, features, 1, options, batch, labels: labels);
            using var other = SparseTensor.voxelize(
                points.cuda(),
                features.cuda(),
                1,
                options,
                batch.cuda(),
                labels: labels.cuda()
            );
            Same(other.tensor.coordinates, one.tensor.coordinates);
            Same(other.voxel_of_point, one.voxel_of_point);
            Same(other.point_of_voxel, one.point_of_voxel);
            Same(other.points_per_voxel, one.points_per_voxel);
            Same(other.labels!, one.labels!);
            Same(other.first_points(3), one.first_points(3));
            Assert.That(Tensors.Error(other.tensor.features.cpu(), one.tensor.features), Is.LessThan(1e-6));
            Assert.That(other.dropped, Is.EqualTo(one.dropped));
            var back = other.points(features.cuda()).to_points(other.tensor).features;
            Assert.That(
                Tensors.Error(back.cpu(), one.points(features).to_points(one.tensor).features),
                Is.LessThan(1e-5)
            );
        }
    }

    [Test]
    public void There_and_back_are_the_same_voxels()
    {
        var (here, there) = Pair();
        using var scope = torch.NewDisposeScope();
        var (moved, back) = (here.to("cuda"), there.to(torch.CPU));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(moved.manager.Device, Is.Zero);
            Assert.That(moved.equal(there));
            Assert.That(back.equal(here));
            Assert.That(there.equal(here), Is.False, "on another device");
        }
    }

    [Test]
    public void Weights_on_the_cpu_beside_features_on_a_device_are_refused_with_both_named()
    {
        var (here, there) = Pair();
        using var layer = torch.nn.SubMConv3d(EveryLayer.Channels, 2, 3);
        using var scope = torch.NewDisposeScope();
        Assert.That(
            () => layer.call(there),
            Throws.ArgumentException.With.Message.Contains("cuda:0").And.Message.Contains("cpu")
        );
        Assert.That(
            () => here + there,
            Throws.ArgumentException.With.Message.Contains("cuda:0").And.Message.Contains("cpu")
        );
    }

    [Test]
    public void Features_that_start_within_their_storage_are_read_where_they_are(
        [ValueSource(nameof(Types))] torch.ScalarType type
    )
    {
        Require();
        using var scope = torch.NewDisposeScope();
        using var layer = torch.nn.SubMConv3d(2, 2, 1, dtype: type, device: torch.CUDA);
        var coordinates = Tensors
            .Coordinates(
                [
                    [0, 0, 0, 0],
                    [0, 5, 0, 0],
                ],
                3
            )
            .cuda();
        var whole = torch.ones(5, 2, type, torch.CUDA).cumsum(0).to_type(type);
        var part = layer.call(new SparseTensor(whole.narrow(0, 3, 2), coordinates)).features;
        var copy = layer.call(new SparseTensor(whole.narrow(0, 3, 2).clone(), coordinates)).features;
        Same(part, copy.cpu());
    }

    [Test]
    public void A_network_learns_and_its_weights_go_to_the_cpu_and_back()
    {
        Require();
        torch.manual_seed(23);
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(MinkUNetKind.MinkUNet14, EveryLayer.Channels, 2, 0.1, 3).cuda();
        using var optimizer = torch.optim.Adam(net.parameters(), 0.01);
        var random = new Random(5);
        var cloud = Cloud.Random(random, [24, 24, 24], [0, 0, 0], 2, 800);
        var features = Tensors.Random(random, torch.ScalarType.BFloat16, cloud.Rows.Length, EveryLayer.Channels).cuda();
        var target = torch.tensor(cloud.Rows.Select(row => row[1] < 12 ? 1L : 0L).ToArray()).cuda();
        var losses = new List<float>();
        for (var step = 0; step < 12; step++)
        {
            using var inner = torch.NewDisposeScope();
            optimizer.zero_grad();
            var logits = net.call(new SparseTensor(features, cloud.Coordinates().cuda())).features;
            var loss = torch.nn.functional.cross_entropy(logits.to_type(torch.ScalarType.Float32), target);
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        Assert.That(losses[^1], Is.LessThan(losses[0] / 2));
    }

    private static void Require()
    {
        if (Missing is { } reason)
        {
            Assert.Ignore(reason);
        }
    }

    private static (SparseTensor Here, SparseTensor There) Pair()
    {
        Require();
        var random = new Random(12);
        var cloud = Cloud.Random(random, [7, 7, 7], [0, 0, 0], 2, 150);
        var features = Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, EveryLayer.Channels);
        return (
            new SparseTensor(features, cloud.Coordinates()),
            new SparseTensor(features.cuda(), cloud.Coordinates().cuda())
        );
    }

    private static void Same(torch.Tensor moved, torch.Tensor expected)
    {
        Assert.That(moved.device_type, Is.EqualTo(DeviceType.CUDA));
        Assert.That(moved.cpu().equal(expected).all().item<bool>());
    }

    private static (torch.Tensor Output, torch.Tensor Gradient, Dictionary<string, torch.Tensor> Weights) Run(
        Probe probe,
        torch.Tensor values,
        torch.Tensor coordinates
    )
    {
        var features = values.detach().requires_grad_();
        var output = probe.call(new SparseTensor(features, coordinates));
        var gradient = Tensors.Random(new Random(4), output.dtype, output.shape).to(output.device);
        output.backward([gradient]);
        Autograd.BackwardFailure.ThrowIfAny();
        return (
            output.detach(),
            features.grad ?? torch.zeros_like(features),
            probe
                .named_parameters()
                .Where(one => one.parameter.grad is not null)
                .ToDictionary(one => one.name, one => one.parameter.grad!, StringComparer.Ordinal)
        );
    }

    // Both round, and in another order: a network through every layer, and its ReLUs turn at zero.
    private static double Tolerance(string name, torch.ScalarType type)
    {
        var unit = type switch
        {
            torch.ScalarType.Float32 => 2e-6,
            torch.ScalarType.Float16 => 2.0 / 2048,
            _ => 2.0 / 256,
        };
        return unit
            * (
                EveryLayer.IsModel(name) ? 50
                : name.StartsWith("SparseSequential", StringComparison.Ordinal) ? 10
                : name.StartsWith("PointVoxelBlock", StringComparison.Ordinal) ? 10
                : 4
            );
    }
}
