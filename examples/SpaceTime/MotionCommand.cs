using System.CommandLine;
using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.CommandLine;
using static System.FormattableString;

namespace SpaceTime;

/// <summary>The program: trains a network with each kernel, and compares accuracy and cost.</summary>
internal static class MotionCommand
{
    private const int MostObjects = 8;

    public static int Main(string[] args) => Run(args, Session.OfProcess());

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session) => Create().Run(args, session);

    private static ExampleCommand Create()
    {
        var clips = Options.Value("--clips", "Sequences to learn from", 256).Positive();
        var test = Options.Value("--test-clips", "Sequences to measure on", 64).Positive();
        var objects = Options.Value("--objects", "Objects of a sequence, at most 8", 4).Positive();
        var frames = Options.Value("--frames", "Frames of a sequence, 2 or more", 8).Positive();
        var epochs = Options.Value("--epochs", "Times that every sequence is learned from", 8).Positive();
        var batchSize = Options.Value("--batch-size", "Sequences a step", 4).Positive();
        var width = Options.Value("--width", "Channels of the finest level", 16).Positive();
        var rate = Options.Value("--lr", "Highest learning rate", 0.01).Positive();
        return new ExampleCommand(
            "Tells what moving objects do with a network over space and time, by three kinds of kernel.",
            [clips, test, objects, frames, epochs, batchSize, width, rate],
            (parsed, seed, output) =>
                Run(
                    new MotionSettings
                    {
                        Clips = parsed.GetRequiredValue(clips),
                        TestClips = parsed.GetRequiredValue(test),
                        Objects = parsed.GetRequiredValue(objects),
                        Frames = parsed.GetRequiredValue(frames),
                        Epochs = parsed.GetRequiredValue(epochs),
                        BatchSize = parsed.GetRequiredValue(batchSize),
                        Width = parsed.GetRequiredValue(width),
                        LearningRate = parsed.GetRequiredValue(rate),
                        Seed = seed,
                    },
                    output
                )
        );
    }

    private static void Run(MotionSettings settings, TextWriter output)
    {
        if (settings.Objects > MostObjects)
        {
            throw new UsageException($"--objects is {settings.Objects}, must be at most {MostObjects}");
        }
        if (settings.Frames < 2)
        {
            throw new UsageException($"--frames is {settings.Frames}, must be at least 2");
        }
        var (train, test) = (
            Draw(settings, settings.Seed, settings.Clips),
            Draw(settings, ~settings.Seed, settings.TestClips)
        );
        output.WriteLine(
            Invariant($"{train.Count} sequences to learn from, {test.Count} to measure on, of ")
                + Invariant($"{settings.Frames} frames and {test.Average(clip => clip.Count):N0} voxels")
        );
        List<Score> scores = [.. Enum.GetValues<TimeKernel>().Select(time => Try(time, train, test, settings, output))];
        Tell(scores, output);
    }

    // Every network starts from the same random state, so that none depends on those before it.
    private static Score Try(
        TimeKernel time,
        List<Clip> train,
        List<Clip> test,
        MotionSettings settings,
        TextWriter output
    )
    {
        torch.manual_seed(settings.Seed);
        using var net = new MotionNet(settings.Width, time);
        output.WriteLine(net.GetName());
        var (_, seconds) = MotionTraining.Run(net, train, settings, output);
        var (right, all) = MotionTraining.Measure(net, test, settings.BatchSize);
        using var scope = torch.NewDisposeScope();
        var input = MotionTraining.Input([.. test.Take(settings.BatchSize)]);
        using var manager = input.manager;
        var total = net.summary(input).Total;
        return new Score(time, net.Taps, total.Parameters, total.MultiplyAdds, total.Pairs, right, all, seconds);
    }

    private static void Tell(List<Score> scores, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(
            "kernel  taps  parameters  multiply-adds       pairs   time  accuracy  still  moving  turning  scaling"
        );
        foreach (var one in scores)
        {
            var classes = string.Join(
                "   ",
                Enum.GetValues<Motion>().Select(motion => Invariant($"{100 * one.AccuracyOf(motion), 3:F0} %"))
            );
            output.WriteLine(
                Invariant($"{one.Time, -6}  {one.Taps, 4}  {one.Parameters, 10:N0}  {one.MultiplyAdds, 13:N0}  ")
                    + Invariant($"{one.Pairs, 10:N0}  {one.Seconds / scores[0].Seconds, 5:F2} ")
                    + Invariant($" {100 * one.Accuracy, 6:F1} %  {classes}")
            );
        }
        output.WriteLine(
            Invariant($"time is that of the training, in units of the first's {scores[0].Seconds:F0} ")
                + Invariant($"s; chance is {100.0 / Enum.GetValues<Motion>().Length:F0} %")
        );
    }

    private static List<Clip> Draw(MotionSettings settings, int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Clip.Draw(random, settings.Objects, settings.Frames))];
    }
}

/// <summary>The settings of one run.</summary>
internal sealed class MotionSettings
{
    public required int Clips { get; init; }

    public required int TestClips { get; init; }

    public required int Objects { get; init; }

    public required int Frames { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required int Seed { get; init; }
}

/// <summary>
/// The accuracy and the cost of a network. Multiply-adds and pairs are those of one forward pass over the same clips.
/// </summary>
internal sealed record Score(
    TimeKernel Time,
    int Taps,
    long Parameters,
    long MultiplyAdds,
    long Pairs,
    int[] Right,
    int[] All,
    double Seconds
)
{
    /// <summary>The share of voxels whose motion was predicted correctly.</summary>
    public double Accuracy => (double)Right.Sum() / All.Sum();

    /// <summary>The share of voxels of one motion that were predicted correctly.</summary>
    public double AccuracyOf(Motion motion) => (double)Right[(int)motion] / Math.Max(All[(int)motion], 1);
}
