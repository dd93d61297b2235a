using PointCloudSegmentation.Training;
using Spectre.Console;

namespace PointCloudSegmentation.Reports;

/// <summary>Chooses between a live display and plain lines.</summary>
internal static class TrainingDisplay
{
    public static void Show(IAnsiConsole console, Action<ITrainingDisplay> run)
    {
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
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
