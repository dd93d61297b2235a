using TorchSharp.SparseConv.Tests.Oracles;
using TorchSharp.SparseConv.Tests.Shared;
using static TorchSharp.torch.optim;

namespace TorchSharp.SparseConv.Tests;

/// <summary>The small parts of a training loop: checkpoints, averages, the best score, initialization, loaders.</summary>
[TestFixture]
public sealed class TrainingTests
{
    private TempFolder _folder;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_run_that_is_interrupted_ends_with_the_same_bits([Values] bool adam)
    {
        using var scope = torch.NewDisposeScope();
        var path = _folder["run/checkpoint.zip"];
        using var whole = new Run(adam, _folder["whole/checkpoint.zip"]);
        whole.Train(6);
        using (var first = new Run(adam, path))
        {
            first.Train(3);
            first.Checkpoint.Save(new State(3, [1.5]));
        }

        torch.manual_seed(99);
        using var second = new Run(adam, path);
        Assert.That(second.Checkpoint.Exists);
        var state = second.Checkpoint.Load<State>();
        Assert.That((state.Step, state.Losses), Is.EqualTo((3, new[] { 1.5 })));
        second.Train(3);
        Assert.That(second.Rate, Is.EqualTo(whole.Rate));
        foreach (var (name, tensor) in whole.Network.state_dict())
        {
            Assert.That(Tensors.Deviation(second.Network.state_dict()[name], tensor), Is.Zero, name);
            Assert.That(
                Tensors.Deviation(second.Average.state_dict()[name], whole.Average.state_dict()[name]),
                Is.Zero
            );
        }
    }

    [Test]
    public void A_second_run_in_the_same_folder_is_refused_and_what_a_killed_one_left_goes()
    {
        using var scope = torch.NewDisposeScope();
        var path = _folder["checkpoint.zip"];
        File.WriteAllText(path + ".new", "half");
        using (var run = new Run(adam: true, path))
        {
            Assert.That(path + ".new", Does.Not.Exist);
            Assert.That(
                () => new Run(adam: true, path),
                Throws.InstanceOf<IOException>().With.Message.Contains(path + " is in use")
            );
        }

        using var next = new Run(adam: true, path);
        Assert.That(next.Checkpoint.Exists, Is.False);
    }

    [Test]
    public void What_is_no_checkpoint_of_these_parts_is_named()
    {
        using var scope = torch.NewDisposeScope();
        var path = _folder["checkpoint.zip"];
        using var run = new Run(adam: true, path);
        File.WriteAllText(path, "nothing");
        Refused(() => run.Checkpoint.Load<State>(), $"{path} is no checkpoint");
        run.Checkpoint.Save(new State(1, []));
        Assert.That(TrainingCheckpoint.ReadState<State>(path).Step, Is.EqualTo(1));
        Refused(() => TrainingCheckpoint.ReadState<int[]>(path), "is no checkpoint of this program: state.json");
        using var other = new SubMConv3d(1, 1, 1);
        Refused(() => TrainingCheckpoint.LoadNetwork(path, other), path);
        using var same = Run.Make();
        TrainingCheckpoint.LoadNetwork(path, same);
        Assert.That(Tensors.Deviation(same.state_dict()["0.weight"], run.Network.state_dict()["0.weight"]), Is.Zero);

        static void Refused(Action action, string message) =>
            Assert.That(() => action(), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(message));
    }

    [Test]
    public void A_checkpoint_of_other_parts_changes_nothing()
    {
        using var scope = torch.NewDisposeScope();
        var path = _folder["checkpoint.zip"];
        using (var first = new Run(adam: false, path))
        {
            first.Train(2);
            first.Checkpoint.Save(new State(2, []));
        }

        using var other = new Run(adam: true, path);
        var before = other
            .Network.state_dict()
            .ToDictionary(one => one.Key, one => one.Value.clone(), StringComparer.Ordinal);
        Assert.That(
            () => other.Checkpoint.Load<State>(),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(path + " is of another network or optimizer")
        );
        Assert.That(before.Max(one => Tensors.Deviation(other.Network.state_dict()[one.Key], one.Value)), Is.Zero);
    }

    [Test]
    public void A_schedule_whose_state_cannot_be_read_is_refused()
    {
        using var scope = torch.NewDisposeScope();
        using var network = Run.Make();
        using var optimizer = SGD(network.parameters(), 0.1);
        foreach (
            var schedule in new[]
            {
                lr_scheduler.ReduceLROnPlateau(optimizer),
                lr_scheduler.ChainedLR([lr_scheduler.StepLR(optimizer, 2), lr_scheduler.StepLR(optimizer, 3)]),
            }
        )
        {
            Assert.That(
                () => new TrainingCheckpoint(_folder["checkpoint.zip"], network, optimizer, schedule),
                Throws.ArgumentException.With.Message.Contains("whose state cannot be read")
            );
        }
    }

    [Test]
    public void The_average_follows_the_network_and_copies_its_buffers()
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        using var network = Run.Make();
        using var average = Run.Make();
        ModelAverage.update(average, network, decay: 0);
        network.state_dict()["0.weight"].add_(1);
        network.state_dict()["1.running_mean"].fill_(7);
        var before = average.state_dict()["0.weight"].clone();
        ModelAverage.update(average, network, decay: 0.75);
        Assert.That(Tensors.Deviation(average.state_dict()["0.weight"], before + 0.25), Is.LessThan(1e-6));
        Assert.That(average.state_dict()["1.running_mean"][0].item<float>(), Is.EqualTo(7));
        using var other = new SubMConv3d(1, 1, 1);
        Assert.That(
            () => ModelAverage.update(other, network),
            Throws.ArgumentException.With.Message.Contains("0.weight")
        );
        Assert.That(() => ModelAverage.update(average, network, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void The_best_score_says_when_to_save_and_when_to_stop()
    {
        var best = new BestScore(Patience: 2);
        Assert.That(new[] { 0.5, 0.4, double.NaN }.Select(best.Add), Is.EqualTo(new[] { true, false, false }));
        Assert.That(best.ShouldStop);
        Assert.That(best.Add(0.6) && !best.ShouldStop);
        Assert.That(best.Best, Is.EqualTo(0.6));
        Assert.That(() => new BestScore(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Weights_are_drawn_as_those_of_the_dense_twin([Values] bool transposed, [Values(1, 4)] int groups)
    {
        using var scope = torch.NewDisposeScope();
        using SparseConvolution sparse = transposed
            ? new SparseConvTranspose3d(32, 48, 3, stride: 2, groups: groups)
            : new SparseConv3d(32, 48, 3, stride: 2, groups: groups);
        using var dense = transposed
            ? (torch.nn.Module)torch.nn.ConvTranspose3d(32, 48, 3, groups: groups)
            : torch.nn.Conv3d(32, 48, 3, groups: groups);
        var twin = dense.get_parameter("weight")!;
        foreach (var mode in Enum.GetValues<torch.nn.init.FanInOut>())
        {
            const torch.nn.init.NonlinearityType Relu = torch.nn.init.NonlinearityType.ReLU;
            ExpectAlike(
                torch.nn.init.kaiming_normal_(sparse, 0, mode, Relu),
                torch.nn.init.kaiming_normal_(twin, 0, mode, Relu)
            );
            ExpectAlike(
                torch.nn.init.kaiming_uniform_(sparse, 0.1, mode),
                torch.nn.init.kaiming_uniform_(twin, 0.1, mode)
            );
        }

        ExpectAlike(torch.nn.init.xavier_normal_(sparse, 2), torch.nn.init.xavier_normal_(twin, 2));
        ExpectAlike(torch.nn.init.xavier_uniform_(sparse), torch.nn.init.xavier_uniform_(twin));

        static void ExpectAlike(torch.Tensor found, torch.Tensor expected) =>
            Assert.That(Deviation(found), Is.EqualTo(Deviation(expected)).Within(5).Percent);

        static double Deviation(torch.Tensor tensor) => tensor.std().item<float>();
    }

    [Test]
    public void TorchSharps_loader_gives_batches_of_voxels()
    {
        using var scans = new Scans();
        using var loader = new Modules.DataLoader<Scan, Voxelization>(
            scans,
            batchSize: 2,
            (batch, _) =>
            {
                Scan[] all = [.. batch];
                return SparseTensor.voxelize(
                    [.. all.Select(scan => scan.Points)],
                    [.. all.Select(scan => scan.Features)],
                    voxel_size: 1,
                    labels: [.. all.Select(scan => scan.Labels)]
                );
            }
        );
        var sizes = new List<int>();
        foreach (var batch in loader)
        {
            using (batch)
            using (batch.tensor.manager)
            {
                sizes.Add(batch.tensor.batch_size);
                Assert.That(batch.labels!.shape, Is.EqualTo(new[] { batch.tensor.count }));
            }
        }

        Assert.That(sizes, Is.EqualTo(new[] { 2, 2 }));
    }

    private sealed record State(int Step, double[] Losses);

    private sealed record Scan(torch.Tensor Points, torch.Tensor Features, torch.Tensor Labels);

    private sealed class Scans : torch.utils.data.Dataset<Scan>
    {
        public override long Count => 4;

        public override Scan GetTensor(long index) =>
            new(torch.rand(10, 3) * 4, torch.ones(10, 2), torch.full(10, index, torch.ScalarType.Int64));
    }

    /// <summary>A network with dropout, so that the random numbers count, and everything that a checkpoint holds.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Modules.OptimizerHelper _optimizer;
        private readonly lr_scheduler.LRScheduler _scheduler;

        internal Run(bool adam, string path)
        {
            torch.manual_seed(5);
            (Network, Average) = (Make(), Make());
            ModelAverage.update(Average, Network, decay: 0);
            _optimizer = adam ? AdamW(Network.parameters(), 0.01) : SGD(Network.parameters(), 0.01, momentum: 0.9);
            _scheduler = lr_scheduler.OneCycleLR(_optimizer, 0.05, total_steps: 8);
            Checkpoint = new TrainingCheckpoint(path, Network, _optimizer, _scheduler, Average);
        }

        internal SparseSequential Network { get; }

        internal SparseSequential Average { get; }

        internal TrainingCheckpoint Checkpoint { get; }

        internal double Rate => _optimizer.ParamGroups.First().LearningRate;

        internal static SparseSequential Make() =>
            new(
                new SubMConv3d(2, 6, 3),
                new SparseBatchNorm(6),
                torch.nn.ReLU(),
                torch.nn.Dropout(0.5),
                torch.nn.Linear(6, 3)
            );

        internal void Train(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                using var scope = torch.NewDisposeScope();
                var points = torch.rand(60, 3) * 6;
                var input = SparseTensor.from_points(points, torch.rand(60, 2), 1);
                using var manager = input.manager;
                var labels = torch.randint(0, 3, input.count);
                _optimizer.zero_grad();
                torch.nn.functional.focal_loss(Network.call(input).features, labels).backward();
                _optimizer.step();
                _scheduler.step();
                ModelAverage.update(Average, Network, 0.9);
            }
        }

        public void Dispose()
        {
            Checkpoint.Dispose();
            _optimizer.Dispose();
            Network.Dispose();
            Average.Dispose();
        }
    }
}
