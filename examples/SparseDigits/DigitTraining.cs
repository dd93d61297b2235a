using System.Diagnostics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch.optim;

namespace SparseDigits;

/// <summary>The training loop and the evaluation.</summary>
internal static class DigitTraining
{
    private const int MeasuredAtOnce = 500;

    /// <summary>Trains, and returns the mean loss of each epoch.</summary>
    public static IReadOnlyList<double> Run(DigitNet net, Digits digits, DigitsSettings settings, TextWriter output)
    {
        var steps = (digits.Count + settings.BatchSize - 1) / settings.BatchSize;
        using var optimizer = AdamW(net.parameters(), settings.LearningRate, weight_decay: 1e-4);
        var schedule = lr_scheduler.OneCycleLR(optimizer, settings.LearningRate, steps * settings.Epochs);
        var losses = new List<double>();
        var order = Enumerable.Range(0, digits.Count).ToArray();
        var random = new Random(settings.Seed);
        net.train();
        for (var epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            var clock = Stopwatch.StartNew();
            random.Shuffle(order);
            var sum = 0.0;
            foreach (var (step, batch) in order.Chunk(settings.BatchSize).Index())
            {
                sum += Step(net, digits, batch, optimizer) * batch.Length;
                if ((steps * (epoch - 1)) + step + 1 < steps * settings.Epochs)
                {
                    schedule.step();
                }
            }
            losses.Add(sum / digits.Count);
            output.WriteLine(
                Invariant(
                    $"epoch {epoch}/{settings.Epochs}: mean loss {losses[^1]:F4}, {clock.Elapsed.TotalSeconds:F0} s"
                )
            );
        }
        return losses;
    }

    /// <summary>Returns the number of digits that were read wrong, and the seconds that reading took.</summary>
    public static (int Wrong, double Seconds) Measure(DigitNet net, Digits digits)
    {
        net.eval();
        using var untracked = torch.no_grad();
        var clock = Stopwatch.StartNew();
        var wrong = 0;
        foreach (var batch in Enumerable.Range(0, digits.Count).Chunk(MeasuredAtOnce))
        {
            using var scope = torch.NewDisposeScope();
            var input = digits.Batch(batch);
            using var manager = input.manager;
            var read = net.call(input).argmax(1);
            wrong += batch.Length - (int)read.eq(digits.Labels(batch)).sum().item<long>();
        }
        return (wrong, clock.Elapsed.TotalSeconds);
    }

    private static double Step(DigitNet net, Digits digits, int[] batch, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var input = digits.Batch(batch);
        using var manager = input.manager;
        optimizer.zero_grad();
        var loss = torch.nn.functional.cross_entropy(net.call(input), digits.Labels(batch));
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }
}
