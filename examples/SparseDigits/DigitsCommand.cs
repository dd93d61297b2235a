using System.CommandLine;
using System.Globalization;
using Examples.CommandLine;

namespace SparseDigits;

/// <summary>The command line: trains, tells the test error, and counts multiply-adds.</summary>
internal static class DigitsCommand
{
    private const int CountedDigits = 500;

    public static ExampleCommand Create()
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
            Text(
                $"{settings.Sites} network, {parameters:N0} parameters; {train.Count:N0} digits to learn from, {test.Count:N0} to measure on ({source})"
            )
        );
        DigitTraining.Run(net, train, settings, output);
        var (wrong, seconds) = DigitTraining.Measure(net, test);
        output.WriteLine(
            Text(
                $"test error {100.0 * wrong / test.Count:F2} % ({wrong:N0} of {test.Count:N0}), {test.Count / seconds:N0} digits a second"
            )
        );
        Count(settings, test, output);
    }

    // Both rules, so that one run shows what keeping the strokes saves.
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
                output.WriteLine(Text($"  dense twin   {dense / counted, 12:N0}"));
            }
            output.WriteLine(
                Text(
                    $"  {sites.ToString().ToLowerInvariant(), -12} {sparse / counted, 12:N0}  1/{(double)dense / sparse:F1}"
                )
            );
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
