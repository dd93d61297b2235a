using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Reports;

/// <summary>Coloured point clouds of a prediction, and of the truth where it is known: PLY files and one page for the browser.</summary>
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
