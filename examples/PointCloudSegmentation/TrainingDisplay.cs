using System.Diagnostics;
using Spectre.Console;

namespace PointCloudSegmentation;

/// <summary>Shows the progress of a run.</summary>
internal interface ITrainingDisplay
{
    /// <summary>Called after every step.</summary>
    void ShowStep(in StepReport report);

    /// <summary>
    /// Called after every epoch with the mean loss of its steps and the mean IoU on the validation scans.
    /// </summary>
    void ShowEpoch(int epoch, int epochs, double meanLoss, double meanIou, TimeSpan elapsed);
}

/// <summary>The measurements of one training step for display. Epoch and step count from 1.</summary>
internal readonly record struct StepReport(
    int Epoch,
    int Epochs,
    int Step,
    int Steps,
    float Loss,
    double LearningRate,
    double PointsPerSecond,
    TimeSpan TimeLeft
);

/// <summary>Shows a progress bar on a terminal and plain lines elsewhere.</summary>
internal static class TrainingDisplay
{
    public static void Show(IAnsiConsole console, Action<ITrainingDisplay> run)
    {
        if (!Session.ShowsProgress(console))
        {
            run(new PlainDisplay(console));
            return;
        }
        console
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn()
            )
            .Start(context => run(new LiveDisplay(console, context)));
    }
}

/// <summary>Lines for a log: one for each epoch, and one every ten seconds within it.</summary>
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

    public void ShowEpoch(int epoch, int epochs, double meanLoss, double meanIou, TimeSpan elapsed) =>
        Line(
            $"epoch {epoch}/{epochs} done: mean loss {meanLoss:F4}, mIoU {100 * meanIou:F2} %, "
                + $"{StepText.Of(elapsed)} so far"
        );

    private void Line(string text)
    {
        console.Profile.Out.Writer.WriteLine(text); // not wrapped to a width: logs have none
        _sinceLine.Restart();
    }
}

/// <summary>A progress bar, with a line above it for each finished epoch.</summary>
internal sealed class LiveDisplay(IAnsiConsole console, ProgressContext context) : ITrainingDisplay
{
    private readonly ProgressTask _task = context.AddTask("preparing");

    public void ShowStep(in StepReport report)
    {
        _task.MaxValue = (double)report.Epochs * report.Steps;
        _task.Value = (double)(report.Epoch - 1) * report.Steps + report.Step;
        _task.Description = Markup.Escape(StepText.Of(report));
    }

    public void ShowEpoch(int epoch, int epochs, double meanLoss, double meanIou, TimeSpan elapsed) =>
        console.MarkupLine(
            $"[grey]epoch[/] {epoch}/{epochs}  [grey]mean loss[/] {meanLoss:F4}  [grey]mIoU[/] {100 * meanIou:F2} %  "
                + $"[grey]after[/] {StepText.Of(elapsed)}"
        );
}

/// <summary>Formats numbers of a run.</summary>
internal static class StepText
{
    public static string Of(in StepReport report) =>
        $"epoch {report.Epoch}/{report.Epochs} step {report.Step}/{report.Steps}  loss {report.Loss:F4}  "
        + $"lr {report.LearningRate:G3}  {report.PointsPerSecond / 1000:F0}k points/s  {Of(report.TimeLeft)} left";

    public static string Of(TimeSpan time) =>
        time.TotalHours >= 1
            ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
            : $"{time.Minutes}:{time.Seconds:00}";
}
