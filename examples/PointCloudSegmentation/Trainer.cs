using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;
using static TorchSharp.torch.optim;

namespace PointCloudSegmentation;

/// <summary>
/// Trains one network. It can stop after any step and continue from its checkpoint with the same result.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const double MaxGradientNorm = 10;

    private readonly TrainingSettings _settings;
    private readonly IPointCloudDataset _dataset;
    private readonly IPointCloudDataset _validation;
    private readonly PointCloudLoader _loader;
    private readonly AdamW _optimizer;
    private readonly lr_scheduler.LRScheduler _scheduler;
    private readonly torch.Tensor? _classWeights;
    private readonly TrainingCheckpoint _checkpoint;
    private readonly string _checkpointPath;
    private readonly string _lossPath;
    private readonly int _totalSteps;
    private ConfusionMatrix _seen; // voxels of the current epoch, as they were predicted while it learned from them

    /// <summary>
    /// Starts a run at step 0 with fresh weights. Checkpoints and the best model are written to
    /// <paramref name="folder"/>.
    /// </summary>
    public Trainer(TrainingSettings settings, IPointCloudDataset dataset, IPointCloudDataset validation, string folder)
    {
        _settings = settings;
        _dataset = dataset;
        _validation = validation;
        _checkpointPath = CheckpointIn(folder);
        ModelFolder = Path.Combine(folder, "model");
        _lossPath = Path.Combine(folder, "loss.csv");
        _loader = new PointCloudLoader(dataset, settings.BatchSize)
        {
            Augmentation = settings.Augment ? Augmentation.Default : null,
            Seed = settings.Seed,
        };
        _totalSteps = settings.Epochs * StepsPerEpoch;
        _seen = NothingSeen();
        torch.manual_seed(settings.Seed);
        Model = new SegmentationModel(settings.Model.Config());
        _optimizer = AdamW(Model.Network.parameters(), settings.LearningRate, weight_decay: settings.WeightDecay);
        _scheduler = settings.Schedule switch
        {
            LearningSchedule.OneCycle => lr_scheduler.OneCycleLR(_optimizer, settings.LearningRate, _totalSteps),
            _ => lr_scheduler.CosineAnnealingLR(_optimizer, _totalSteps),
        };
        _checkpoint = new TrainingCheckpoint(_checkpointPath, Model.Network, _optimizer, _scheduler);
        _classWeights = settings.ClassWeights == ClassWeighting.Balanced ? ClassBalance.Weights(dataset) : null;
    }

    /// <summary>The network as it is now.</summary>
    public SegmentationModel Model { get; }

    /// <summary>The model directory of the epoch that did best on the validation scans.</summary>
    public string ModelFolder { get; }

    public TrainingProgress Progress { get; private set; } = new();

    public int StepsPerEpoch => _loader.BatchCount;

    public bool IsFinished => Progress.Epoch >= _settings.Epochs;

    public static string CheckpointIn(string folder) => Path.Combine(folder, "checkpoint.zip");

    /// <summary>
    /// Continues the run whose checkpoint is in the folder. A checkpoint with other settings is refused.
    /// </summary>
    public void Resume()
    {
        if (!_checkpoint.Exists)
        {
            throw new UsageException(
                $"{_checkpointPath}: there is no checkpoint to resume; leave --resume out to begin"
            );
        }
        var (settings, progress) = TrainingCheckpoint.ReadState<RunState>(_checkpointPath, Json.Options);
        if (_settings.DifferenceFrom(settings) is { } difference)
        {
            throw new UsageException(
                $"{_checkpointPath} is of another run: {difference}; give the options of that run, or another --output"
            );
        }
        Progress = progress;
        if (Progress.Rates.Count != Progress.Losses.Count || Progress.PointsPerSecond.Count != Progress.Losses.Count)
        {
            throw new InvalidDataException($"{_checkpointPath} does not have a rate and a speed for every loss");
        }
        var classes = _seen.ClassCount;
        if (Progress.Confusion.Length != classes * classes)
        {
            throw new InvalidDataException(
                $"{_checkpointPath} counts {Progress.Confusion.Length} pairs of classes, must be {classes * classes}"
            );
        }
        for (var entry = 0; entry < Progress.Confusion.Length; entry++)
        {
            _seen.Add(entry / classes, entry % classes, Progress.Confusion[entry]);
        }
        _checkpoint.Load<RunState>(Json.Options);
    }

    /// <summary>
    /// Trains to the end. After every epoch the network is measured on the validation scans, saved if it is the best so
    /// far, and a checkpoint is written. On a stop, it writes a checkpoint and throws OperationCanceledException.
    /// </summary>
    public void Run(ITrainingDisplay display, CancellationToken stop)
    {
        Model.Network.train();
        var clock = Stopwatch.StartNew();
        var firstStep = Progress.Losses.Count;
        while (!IsFinished)
        {
            // The token does not stop the loading, because a checkpoint is written first.
            foreach (var loaded in _loader.Epoch(Progress.Epoch, Progress.Step, CancellationToken.None))
            {
                if (stop.IsCancellationRequested)
                {
                    Save();
                    stop.ThrowIfCancellationRequested();
                }
                var stepStart = clock.Elapsed;
                var rate = _optimizer.ParamGroups.First().LearningRate;
                var loss = TrainStep(loaded.Clouds);
                var points = loaded.Clouds.Sum(cloud => cloud.Count);
                var speed = points / (clock.Elapsed - stepStart).TotalSeconds;
                Progress.Add(loss, rate, speed);
                Show(display, speed, clock.Elapsed, firstStep);
            }
            var epochLoss = Progress.Losses.TakeLast(StepsPerEpoch).Average();
            Progress.Scores.Add(new TrainingScore("training", Progress.Losses.Count, _seen.MeanIoU, _seen.Accuracy));
            _seen = NothingSeen();
            var score = Validate();
            Progress.Epoch++;
            Progress.Step = 0;
            Save();
            display.ShowEpoch(Progress.Epoch, _settings.Epochs, epochLoss, score, clock.Elapsed);
        }
    }

    public void Dispose()
    {
        _classWeights?.Dispose();
        _checkpoint.Dispose();
        _optimizer.Dispose();
        Model.Dispose();
    }

    /// <summary>
    /// Returns the voxels of several scans with the mean features and the most frequent label of their points. The
    /// caller disposes the coordinate manager of the voxels.
    /// </summary>
    internal static Voxelization Voxelize(IReadOnlyList<PointCloud> clouds, ModelConfig config)
    {
        using var scope = torch.NewDisposeScope();
        var voxels = SparseTensor.voxelize(
            [.. clouds.Select(cloud => torch.tensor(cloud.Positions, [cloud.Count, 3]))],
            [.. clouds.Select(Features)],
            config.VoxelSize[0],
            new VoxelizationOptions { IgnoreLabel = config.IgnoreClass!.Value },
            [.. clouds.Select(cloud => torch.tensor(cloud.Labels ?? new int[cloud.Count]))]
        );
        return voxels.MoveToOuterDisposeScope();

        torch.Tensor Features(PointCloud cloud)
        {
            var values = config.Features(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());
            return torch.tensor(values, [cloud.Count, config.Architecture.InChannels]);
        }
    }

    // Everything that a step makes is freed at its end: tensors by the scope, coordinate maps and rulebooks by the
    // manager.
    private float TrainStep(IReadOnlyList<PointCloud> clouds)
    {
        using var scope = torch.NewDisposeScope();
        var voxels = Voxelize(clouds, Model.Config);
        using var manager = voxels.tensor.manager;
        var labels = voxels.labels!;
        if (labels.eq(_dataset.IgnoreLabel).all().item<bool>())
        {
            throw new InvalidDataException(
                $"epoch {Progress.Epoch + 1}, step {Progress.Step + 1}: no point of the batch has a label to learn from"
            );
        }
        _optimizer.zero_grad();
        var scores = Model.Network.call(voxels.tensor).features;
        var loss = torch.nn.functional.cross_entropy(scores, labels, _classWeights, ignore_index: _dataset.IgnoreLabel);
        _seen.Add(Classes(labels), Classes(scores.argmax(1)));
        loss.backward();
        torch.nn.utils.clip_grad_norm_(Model.Network.parameters(), MaxGradientNorm);
        _optimizer.step();
        if (Progress.Losses.Count + 1 < _totalSteps)
        {
            _scheduler.step();
        }
        var value = loss.item<float>();
        return float.IsFinite(value)
            ? value
            : throw new InvalidDataException(
                $"the loss became {value}; try a lower --lr than {_settings.LearningRate}"
            );
    }

    // The mean IoU on the validation scans, by which the best model is kept. Where they have no labels, the last is.
    private double Validate()
    {
        var matrix = Evaluator.Measure(Model, _validation, null, CancellationToken.None);
        Model.Network.train();
        var score = new TrainingScore("validation", Progress.Losses.Count, matrix.MeanIoU, matrix.Accuracy);
        Progress.Scores.Add(score);
        if (Progress.Best.Add(score.MeanIoU) || Progress.Best.Best is null)
        {
            ModelFile.Save(Model, ModelFolder);
        }
        return score.MeanIoU;
    }

    private void Show(ITrainingDisplay display, double pointsPerSecond, TimeSpan elapsed, int firstStep)
    {
        var done = Progress.Losses.Count;
        var left = elapsed * ((double)(_totalSteps - done) / (done - firstStep));
        display.ShowStep(
            new StepReport(
                Progress.Epoch + 1,
                _settings.Epochs,
                Progress.Step,
                StepsPerEpoch,
                Progress.Losses[^1],
                _optimizer.ParamGroups.First().LearningRate,
                pointsPerSecond,
                left
            )
        );
    }

    private static int[] Classes(torch.Tensor labels) =>
        Array.ConvertAll(labels.data<long>().ToArray(), label => (int)label);

    private ConfusionMatrix NothingSeen() => new(_dataset.ClassNames.Count, _dataset.IgnoreLabel);

    private void Save()
    {
        var classes = _seen.ClassCount;
        Progress.Confusion =
        [
            .. Enumerable.Range(0, classes * classes).Select(entry => _seen[entry / classes, entry % classes]),
        ];
        _checkpoint.Save(new RunState(_settings, Progress), Json.Options);
        var lines = Progress.Losses.Select(
            (loss, step) =>
                string.Create(CultureInfo.InvariantCulture, $"{step / StepsPerEpoch + 1},{step + 1},{loss:R}")
        );
        File.WriteAllLines(_lossPath, lines.Prepend("epoch,step,loss"));
    }
}

/// <summary>
/// Weights that give rare classes more influence on the loss (the formula of ENet, Paszke et al. 2016).
/// </summary>
internal static class ClassBalance
{
    private const int ScansCounted = 16;

    /// <summary>
    /// Returns float weights [classes], computed from the labels of some scans spread over the data set.
    /// </summary>
    public static torch.Tensor Weights(IPointCloudDataset dataset)
    {
        var counts = new long[dataset.ClassNames.Count];
        var scans = Math.Min(ScansCounted, dataset.Count);
        for (var i = 0; i < scans; i++)
        {
            foreach (var label in dataset.Load((int)((long)i * dataset.Count / scans)).Labels ?? [])
            {
                counts[label]++;
            }
        }
        counts[dataset.IgnoreLabel] = 0;
        var total = (double)Math.Max(1, counts.Sum());
        return torch.tensor(Array.ConvertAll(counts, count => (float)(1 / Math.Log(1.02 + count / total))));
    }
}
