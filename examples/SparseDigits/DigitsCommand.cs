using System.CommandLine;
using TorchSharp.SparseConv.CommandLine;
using static System.FormattableString;

namespace SparseDigits;

/// <summary>The program: trains, reports the test error, and counts multiply-adds.</summary>
internal static class DigitsCommand
{
    private const int CountedDigits = 500;

    public static int Main(string[] args) => Run(args, Session.OfProcess());

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session) => Create().Run(args, session);

    private static ExampleCommand Create()
    {
        var data = Options.Text(
            "--data",
            "Folder with MNIST's IDX files [default: mnist in $SPARSECONV_DATA, else digits are drawn]"
        );
        var train = Options.Value("--train", "Digits to learn from, at most", 60_000).Positive();
        var test = Options.Value("--test", "Digits to measure on, at most", 10_000).Positive();
        var epochs = Options.Value("--epochs", "Times that every digit is learned from", 2).Positive();
        var batchSize = Options.Value("--batch-size", "Digits a step", 128).Positive();
        var width = Options.Value("--width", "Channels of the first stage; stage n has n times as many", 16).Positive();
        var rate = Options.Value("--lr", "Highest learning rate", 0.01).Positive();
        var rule = Options.Value(
            "--sites",
            "Where convolutions write: Submanifold keeps the strokes, Dilating lets them grow",
            SiteRule.Submanifold
        );
        return new ExampleCommand(
            "Reads handwritten digits with a submanifold sparse network over the pixels of their strokes.",
            [data, train, test, epochs, batchSize, width, rate, rule],
            (parsed, seed, output) =>
            {
                var settings = new DigitsSettings
                {
                    Folder = parsed.GetValue(data),
                    Train = parsed.GetRequiredValue(train),
                    Test = parsed.GetRequiredValue(test),
                    Epochs = parsed.GetRequiredValue(epochs),
                    BatchSize = parsed.GetRequiredValue(batchSize),
                    Width = parsed.GetRequiredValue(width),
                    LearningRate = parsed.GetRequiredValue(rate),
                    Sites = parsed.GetRequiredValue(rule),
                    Seed = seed,
                };
                Run(settings, output);
            }
        );
    }

    private static void Run(DigitsSettings settings, TextWriter output)
    {
        var (train, test, source) = DigitSets.Load(settings);
        using var net = new DigitNet(settings.Width, settings.Sites);
        var parameters = net.parameters().Sum(parameter => parameter.NumberOfElements);
        output.WriteLine(
            Invariant($"{settings.Sites} network, {parameters:N0} parameters; {train.Count:N0} ")
                + Invariant($"digits to learn from, {test.Count:N0} to measure on ({source})")
        );
        DigitTraining.Run(net, train, settings, output);
        var (wrong, seconds) = DigitTraining.Measure(net, test);
        output.WriteLine(
            Invariant($"test error {100.0 * wrong / test.Count:F2} % ({wrong:N0} of ")
                + Invariant($"{test.Count:N0}), {test.Count / seconds:N0} digits a second")
        );
        Count(settings, test, output);
    }

    // Counts with both rules, so that one run shows the saving.
    private static void Count(DigitsSettings settings, Digits test, TextWriter output)
    {
        var counted = Math.Min(test.Count, CountedDigits);
        output.WriteLine("multiply-adds of the convolutions, forward, a digit");
        foreach (var sites in Enum.GetValues<SiteRule>())
        {
            using var net = new DigitNet(settings.Width, sites);
            var (sparse, dense) = MultiplyAdds.Of(net, test.Batch([.. Enumerable.Range(0, counted)]));
            if (sites == SiteRule.Submanifold)
            {
                output.WriteLine(Invariant($"  dense twin   {dense / counted, 12:N0}"));
            }
            output.WriteLine(
                Invariant($"  {sites.ToString().ToLowerInvariant(), -12} ")
                    + Invariant($"{sparse / counted, 12:N0}  1/{(double)dense / sparse:F1}")
            );
        }
    }
}

/// <summary>The settings of one run.</summary>
internal sealed class DigitsSettings
{
    public string? Folder { get; init; }

    public required int Train { get; init; }

    public required int Test { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required SiteRule Sites { get; init; }

    public required int Seed { get; init; }
}
