using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Reports;

/// <summary>The table of IoU by class, with mIoU and accuracy below.</summary>
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
        $"mIoU {100 * matrix.MeanIoU:F2} % (classes present), accuracy {100 * matrix.Accuracy:F2} %, {matrix.Total:N0} points";
}
