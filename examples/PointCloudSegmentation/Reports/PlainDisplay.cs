using System.Diagnostics;
using PointCloudSegmentation.Training;
using Spectre.Console;

namespace PointCloudSegmentation.Reports;

/// <summary>Lines for a log: one an epoch, and one every ten seconds within it.</summary>
internal sealed class PlainDisplay(IAnsiConsole console) : ITrainingDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

    public void ShowStep(in StepReport report)
    {
        if (_sinceLine.Elapsed >= Interval)
        {
            Line(StepText.Of(report));
        }
    }

    public void ShowEpoch(int epoch, int epochs, double meanLoss, TimeSpan elapsed) =>
        Line($"epoch {epoch}/{epochs} done: mean loss {meanLoss:F4}, {StepText.Of(elapsed)} so far");

    private void Line(string text)
    {
        console.Profile.Out.Writer.WriteLine(text); // not wrapped to a width: logs have none
        _sinceLine.Restart();
    }
}
