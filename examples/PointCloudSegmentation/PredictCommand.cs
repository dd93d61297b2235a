using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>predict: labels the points of scans.</summary>
internal sealed class PredictCommand
{
    private readonly Argument<string[]> _scans = Options.Files(
        "scans",
        "Scans to label: .bin files of float32 x, y, z, intensity"
    );
    private readonly ThreadsOption _threads = new();
    private readonly Option<string> _weights = Application.WeightsOption();
    private readonly Option<string> _output = Application.OutputOption("artifacts/prediction");

    public static Command Create(Session session)
    {
        var predict = new PredictCommand();
        var command = new Command(
            "predict",
            "Labels every point of scans: a .label file, a coloured PLY and a page for the browser for each."
        )
        {
            predict._scans,
            predict._weights,
            predict._output,
        };
        predict._threads.AddTo(command);
        command.SetAction(parsed => predict.Run(parsed, session));
        return command;
    }

    private int Run(ParseResult parsed, Session session)
    {
        _threads.Apply(parsed);
        using var model = ModelFile.Load(parsed.GetRequiredValue(_weights));
        var output = parsed.GetRequiredValue(_output);
        Directory.CreateDirectory(output);
        var scans = parsed.GetRequiredValue(_scans);
        RequireDistinctNames(scans);
        foreach (var path in scans)
        {
            session.Stop.ThrowIfCancellationRequested();
            var cloud = SemanticKitti.Read(new ScanFile("", "", path, LabelsOf(path)));
            var prediction = model.Predict(cloud);
            var name = Path.GetFileNameWithoutExtension(path);
            var labels = Path.Combine(output, name + ".label");
            SemanticKitti.WriteLabels(labels, prediction);
            session.Results([labels, .. Pictures.Write(output, name, cloud, prediction)]);
        }
        return Shell.Success;
    }

    // Results are named after their scans, so that scans of the same name would overwrite each other's results.
    private static void RequireDistinctNames(string[] scans)
    {
        var twice = scans
            .GroupBy(scan => Path.GetFileNameWithoutExtension(scan), StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new UsageException(
                $"{string.Join(" and ", twice)} have the same name; predict them to different --output folders"
            );
        }
    }

    // Returns the file of labels where the data set keeps it: ../labels/NAME.label.
    private static string? LabelsOf(string scan)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(scan))!;
        var path = Path.Combine(folder, "..", "labels", Path.GetFileNameWithoutExtension(scan) + ".label");
        return File.Exists(path) ? path : null;
    }
}
