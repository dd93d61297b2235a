using PointCloudSegmentation.Training;
using Spectre.Console;

namespace PointCloudSegmentation.Reports;

/// <summary>A bar that follows the run, with a line above it for each epoch that is done.</summary>
internal sealed class LiveDisplay(IAnsiConsole console, ProgressContext context) : ITrainingDisplay
{
    private readonly ProgressTask _task = context.AddTask("preparing");

    public void ShowStep(in StepReport report)
    {
        _task.MaxValue = (double)report.Epochs * report.Steps;
        _task.Value = (double)(report.Epoch - 1) * report.Steps + report.Step;
        _task.Description = Markup.Escape(StepText.Of(report));
    }

    public void ShowEpoch(int epoch, int epochs, double meanLoss, TimeSpan elapsed) =>
        console.MarkupLine(
            $"[grey]epoch[/] {epoch}/{epochs}  [grey]mean loss[/] {meanLoss:F4}  [grey]after[/] {StepText.Of(elapsed)}"
        );
}
