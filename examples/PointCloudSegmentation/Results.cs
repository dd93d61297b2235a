using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>Prints the IoU of each class, with mIoU and accuracy below.</summary>
internal static class Scores
{
    public static void Print(IAnsiConsole console, ConfusionMatrix matrix, IReadOnlyList<string> classNames)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("class");
        table.AddColumn(new TableColumn("points").RightAligned()).AddColumn(new TableColumn("IoU %").RightAligned());
        for (var label = 0; label < matrix.ClassCount; label++)
        {
            if (label != matrix.IgnoreLabel && matrix.TruthCount(label) > 0)
            {
                table.AddRow(classNames[label], $"{matrix.TruthCount(label):N0}", $"{100 * matrix.IoU(label):F1}");
            }
        }
        console.Write(table);
        console.WriteLine(Line(matrix));
    }

    public static string Line(ConfusionMatrix matrix) =>
        $"mIoU {100 * matrix.MeanIoU:F2} % (classes present), accuracy "
        + $"{100 * matrix.Accuracy:F2} %, {matrix.Total:N0} points";
}

/// <summary>
/// Writes coloured point clouds of a prediction and, if it is known, of the truth: PLY files and one page for the
/// browser.
/// </summary>
internal static class Pictures
{
    /// <summary>Writes the files into a folder and returns their paths.</summary>
    public static IReadOnlyList<string> Write(string folder, string name, PointCloud cloud, int[] prediction)
    {
        Directory.CreateDirectory(folder);
        var stem = Path.Combine(folder, name.Replace('/', '-'));
        var colors = SemanticKittiClasses.Colors;
        var paths = new List<string> { $"{stem}.prediction.ply" };
        PlyWriter.Write(paths[0], cloud, prediction, colors);
        if (cloud.Labels is { } truth)
        {
            paths.Add($"{stem}.truth.ply");
            PlyWriter.Write(paths[1], cloud, truth, colors);
        }
        var page = new ViewerPage(name)
        {
            Subtitle = Subtitle(cloud, prediction),
            Classes = SemanticKittiClasses.Palette,
        };
        if (cloud.Labels is not null)
        {
            page.Add("Truth", cloud);
        }
        page.Add("Prediction", cloud.WithLabels(prediction));
        paths.Add($"{stem}.html");
        page.Save(paths[^1]);
        return paths;
    }

    private static string Subtitle(PointCloud cloud, int[] prediction)
    {
        if (cloud.Labels is not { } truth)
        {
            return $"{cloud.Count:N0} points";
        }
        var matrix = new ConfusionMatrix(SemanticKittiClasses.Count, SemanticKittiClasses.Unlabeled);
        matrix.Add(truth, prediction);
        return Scores.Line(matrix);
    }
}

/// <summary>Writes the page about a run: curves of every step, and the scores of the best network.</summary>
internal static class RunReport
{
    public static void Write(string path, TrainingSettings settings, Trainer trainer, ConfusionMatrix matrix)
    {
        var progress = trainer.Progress;
        var page = new TrainingReportPage("Training of a sparse U-Net")
        {
            Subtitle = $"best of {trainer.Progress.Epoch} epochs: {Scores.Line(matrix)}",
            Settings = [.. settings.Values.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Trim('"')))],
            Steps =
            [
                .. progress.Losses.Select(
                    (loss, step) => new TrainingStep(loss, progress.Rates[step], progress.PointsPerSecond[step])
                ),
            ],
            StepsPerEpoch = trainer.StepsPerEpoch,
            Scores = progress.Scores,
            Confusion = matrix,
            Classes = SemanticKittiClasses.Palette,
        };
        page.Save(path);
    }
}
