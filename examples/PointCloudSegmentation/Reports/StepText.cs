using PointCloudSegmentation.Training;

namespace PointCloudSegmentation.Reports;

/// <summary>Numbers of a run as people read them.</summary>
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
