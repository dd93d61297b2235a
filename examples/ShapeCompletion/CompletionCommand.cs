using System.CommandLine;
using TorchSharp.SparseConv.CommandLine;
using static System.FormattableString;

namespace ShapeCompletion;

/// <summary>The program: learns to complete shapes, measures on other shapes, and shows some.</summary>
internal static class CompletionCommand
{
    private const int Shown = 3;
    private const int Smallest = 1 << CompletionNet.Levels;
    private const int Largest = 128;

    public static int Main(string[] args) => Run(args, Session.OfProcess());

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session) => Create().Run(args, session);

    private static ExampleCommand Create()
    {
        var data = Options.Text(
            "--data",
            "Folder with PLY points of shapes in its folders train and val, y up [default: shapes are generated]"
        );
        var partial = Options.Value("--partial", "What is seen: OneView, TwoViews or Cut", PartialKind.OneView);
        var size = Options.Value("--size", "Voxels of the cube around a shape, along an axis", 32).Positive();
        var steps = Options.Value("--steps", "Steps of the training", 1000).Positive();
        var batchSize = Options.Value("--batch-size", "Shapes a step", 8).Positive();
        var test = Options.Value("--test-shapes", "Shapes to measure on", 64).Positive();
        var width = Options
            .Value("--width", "Channels of the finest level; the n-th has n times as many", 16)
            .Positive();
        var rate = Options.Value("--lr", "Highest learning rate", 0.01).Positive();
        var output = Options.Value("--output", "Folder for the results", "artifacts/completion");
        return new ExampleCommand(
            "Completes shapes of which only a part is seen, with generated voxels and learned pruning.",
            [data, partial, size, steps, batchSize, test, width, rate, output],
            (parsed, seed, writer) =>
                Run(
                    new CompletionSettings
                    {
                        Folder = parsed.GetValue(data),
                        Partial = parsed.GetRequiredValue(partial),
                        Size = parsed.GetRequiredValue(size),
                        Steps = parsed.GetRequiredValue(steps),
                        BatchSize = parsed.GetRequiredValue(batchSize),
                        TestShapes = parsed.GetRequiredValue(test),
                        Width = parsed.GetRequiredValue(width),
                        LearningRate = parsed.GetRequiredValue(rate),
                        Output = parsed.GetRequiredValue(output),
                        Seed = seed,
                    },
                    writer
                )
        );
    }

    private static void Run(CompletionSettings settings, TextWriter output)
    {
        if (settings.Size % Smallest != 0 || settings.Size > Largest)
        {
            throw new UsageException(
                $"--size is {settings.Size}, must be a multiple of {Smallest} and at most {Largest}"
            );
        }
        var source = ShapeSource.Of(settings);
        using var net = new CompletionNet(settings.Width);
        var parameters = net.parameters().Sum(parameter => parameter.NumberOfElements);
        output.WriteLine(
            Invariant(
                $"{parameters:N0} parameters; shapes of {settings.Size}^3 voxels, {source.Name}, {settings.Partial}"
            )
        );
        CompletionTraining.Run(
            net,
            random => Sample.Of(source.Train(random), settings.Partial, random),
            settings,
            output
        );

        var random = new Random(~settings.Seed); // other shapes, seen from elsewhere
        Sample[] samples =
        [
            .. Enumerable
                .Range(0, settings.TestShapes)
                .Select(_ => Sample.Of(source.Test(random), settings.Partial, random)),
        ];
        Sample[] chunk;
        var completions = new List<Shape>();
        while ((chunk = [.. samples.Skip(completions.Count).Take(settings.BatchSize)]).Length > 0)
        {
            completions.AddRange(CompletionTraining.Complete(net, chunk));
        }
        var (before, after) = Measure(samples, completions);
        output.WriteLine(Invariant($"{samples.Length} other shapes          IoU  precision  recall (within a voxel)"));
        Tell("as seen", before);
        Tell("completed", after);
        var subtitle = Invariant($"IoU {before.IoU:F3} as seen, {after.IoU:F3} completed");
        output.WriteLine(Gallery.Write(settings.Output, subtitle, [.. samples.Zip(completions).Take(Shown)]));

        void Tell(string name, Agreement one) =>
            output.WriteLine(Invariant($"  {name, -20} {one.IoU:F3}      {one.Precision:F3}   {one.Recall:F3}"));
    }

    private static (Agreement Before, Agreement After) Measure(Sample[] samples, List<Shape> completions)
    {
        var (before, after) = (default(Agreement), default(Agreement));
        foreach (var (sample, completion) in samples.Zip(completions))
        {
            before += Agreement.Of(sample.Seen, sample.Truth);
            after += Agreement.Of(completion, sample.Truth);
        }
        return (before, after);
    }
}

/// <summary>The settings of one run.</summary>
internal sealed class CompletionSettings
{
    public string? Folder { get; init; }

    public required PartialKind Partial { get; init; }

    public required int Size { get; init; }

    public required int Steps { get; init; }

    public required int BatchSize { get; init; }

    public required int TestShapes { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required string Output { get; init; }

    public required int Seed { get; init; }
}
