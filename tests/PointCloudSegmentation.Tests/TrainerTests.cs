using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

internal sealed class TrainerTests : FolderTests
{
    // Runs to compare with, made once each.
    private static readonly Dictionary<
        LearningSchedule,
        (List<float> Losses, List<double> Rates, List<TrainingScore> Scores, byte[] Weights)
    > Whole = [];

    [Test]
    public void Training_learns()
    {
        using var trainer = new Trainer(
            Small.Settings(epochs: 8, width: 0.25),
            Small.Scenes(),
            Small.Scenes(),
            Folder.Root
        );
        using var display = new StopAfter(int.MaxValue);
        var before = Accuracy(trainer);
        trainer.Run(display, display.Token);
        Assert.Multiple(() =>
        {
            Assert.That(display.EpochLosses[^1], Is.LessThan(0.6 * display.EpochLosses[0]));
            Assert.That(Accuracy(trainer), Is.GreaterThan(before + 0.2));
        });
    }

    // Two steps an epoch: stopped within the first epoch, within the second, and at its end.
    [TestCase(LearningSchedule.OneCycle, 1)]
    [TestCase(LearningSchedule.OneCycle, 3)]
    [TestCase(LearningSchedule.OneCycle, 4)]
    [TestCase(LearningSchedule.Cosine, 3)]
    public void A_resumed_run_is_an_uninterrupted_one_bit_for_bit(LearningSchedule schedule, int stopAfter)
    {
        var whole = Uninterrupted(schedule);
        using var first = new StopAfter(stopAfter);
        using (var trainer = new Trainer(Small.Settings(schedule), Small.Scenes(), Small.Scenes(), Folder.Root))
        {
            Assert.That(() => trainer.Run(first, first.Token), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(trainer.Progress.Losses, Has.Count.EqualTo(stopAfter));
        }
        using var second = new StopAfter(int.MaxValue);
        using var resumed = new Trainer(Small.Settings(schedule), Small.Scenes(), Small.Scenes(), Folder.Root);
        resumed.Resume();
        resumed.Run(second, second.Token);

        Assert.That(whole.Rates.Distinct().Count(), Is.GreaterThan(3), "a schedule that does not move proves nothing");
        Assert.That(first.Rates.Concat(second.Rates), Is.EqualTo(whole.Rates));
        Assert.That(resumed.Progress.Losses, Is.EqualTo(whole.Losses));
        Assert.That(resumed.Progress.Scores, Is.EqualTo(whole.Scores).And.Count.EqualTo(6), "two an epoch");
        Assert.That(State(resumed), Is.EqualTo(whole.Weights));
    }

    [Test]
    public void A_finished_run_resumes_to_nothing_more()
    {
        using (var trainer = new Trainer(Small.Settings(epochs: 1), Small.Scenes(), Small.Scenes(), Folder.Root))
        using (var display = new StopAfter(int.MaxValue))
        {
            trainer.Run(display, display.Token);
        }
        using var again = new Trainer(Small.Settings(epochs: 1), Small.Scenes(), Small.Scenes(), Folder.Root);
        again.Resume();
        Assert.That(again.IsFinished, Is.True);
    }

    [Test]
    public void Steps_leave_no_tensor_and_no_native_object_behind()
    {
        using var trainer = new Trainer(Small.Settings(epochs: 6), Small.Scenes(), Small.Scenes(), Folder.Root);
        var counts = new List<(long Tensors, long Objects)>();
        trainer.Run(new Counting(counts), CancellationToken.None);
        // The first step makes the optimizer's state and the gradients, which stay.
        Assert.That(counts[2..].Distinct().Count(), Is.EqualTo(1), string.Join(" ", counts));
    }

    [Test]
    public void A_batch_without_labels_is_refused_by_name()
    {
        var unlabelled = new Relabelled(Small.Scenes(), 0);
        using var trainer = new Trainer(Small.Settings(), unlabelled, unlabelled, Folder.Root);
        using var display = new StopAfter(int.MaxValue);
        Assert.That(
            () => trainer.Run(display, display.Token),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("epoch 1, step 1")
        );
    }

    [Test]
    public void Rare_classes_weigh_more_by_the_formula()
    {
        using var weights = ClassBalance.Weights(new Relabelled(Small.Scenes(), 9));
        var values = weights.data<float>().ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(values[9], Is.EqualTo(1 / Math.Log(2.02)).Within(1e-5), "every point");
            Assert.That(values[1], Is.EqualTo(1 / Math.Log(1.02)).Within(1e-4), "no point");
        });
    }

    private static (List<float> Losses, List<double> Rates, List<TrainingScore> Scores, byte[] Weights) Uninterrupted(
        LearningSchedule schedule
    )
    {
        if (!Whole.TryGetValue(schedule, out var run))
        {
            using var folder = new TempFolder();
            using var trainer = new Trainer(Small.Settings(schedule), Small.Scenes(), Small.Scenes(), folder.Root);
            using var display = new StopAfter(int.MaxValue);
            trainer.Run(display, display.Token);
            Whole[schedule] = run = (trainer.Progress.Losses, display.Rates, trainer.Progress.Scores, State(trainer));
        }
        return run;
    }

    private static double Accuracy(Trainer trainer)
    {
        var accuracy = Evaluator
            .Measure(trainer.Model, Small.Scenes(1), (_, _) => { }, CancellationToken.None)
            .Accuracy;
        trainer.Model.Network.train();
        return accuracy;
    }

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Model.Network.save(stream);
        return stream.ToArray();
    }

    private sealed class Counting(List<(long Tensors, long Objects)> counts) : ITrainingDisplay
    {
        public void ShowStep(in StepReport report) =>
            counts.Add((torch.Tensor.TotalCount, SparseConvRuntime.LiveObjects));

        public void ShowEpoch(int epoch, int epochs, double meanLoss, double meanIou, TimeSpan elapsed) { }
    }

    // Scenes in which every point has the same label.
    private sealed class Relabelled(IPointCloudDataset scenes, int label) : IPointCloudDataset
    {
        public int Count => scenes.Count;

        public IReadOnlyList<string> ClassNames => scenes.ClassNames;

        public IReadOnlyList<Rgb> ClassColors => scenes.ClassColors;

        public int IgnoreLabel => scenes.IgnoreLabel;

        public string Name(int index) => scenes.Name(index);

        public PointCloud Load(int index)
        {
            var cloud = scenes.Load(index);
            return cloud.WithLabels([.. Enumerable.Repeat(label, cloud.Count)]);
        }
    }
}
