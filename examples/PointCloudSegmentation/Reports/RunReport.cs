using PointCloudSegmentation.Training;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Reports;

/// <summary>A page that tells how a run went: curves of every step, and what the finished network was measured at.</summary>
internal static class RunReport
{
    public static void Write(string path, TrainingSettings settings, Trainer trainer, ConfusionMatrix matrix)
    {
        var progress = trainer.Progress;
        var page = new TrainingReportPage("Training of a sparse U-Net")
        {
            Subtitle = Scores.Line(matrix),
            Settings = [.. settings.Values.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Trim('"')))],
            Steps =
            [
                .. progress.Losses.Select(
                    (loss, step) => new TrainingStep(loss, progress.Rates[step], progress.PointsPerSecond[step])
                ),
            ],
            StepsPerEpoch = trainer.StepsPerEpoch,
            Scores =
            [
                .. progress.Scores,
                new TrainingScore("validation", progress.Losses.Count, matrix.MeanIoU, matrix.Accuracy),
            ],
            Confusion = matrix,
            Classes = SemanticKittiClasses.Palette,
        };
        page.Save(path);
    }
}
