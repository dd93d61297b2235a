using System.CommandLine;
using PointCloudSegmentation.Model;
using PointCloudSegmentation.Reports;
using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Commands;

/// <summary>predict: labels the points of scans.</summary>
internal sealed class PredictCommand
{
    private readonly Argument<string[]> _scans = new("scans")
    {
        Description = "Scans to label: .bin files of float32 x, y, z, intensity",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly ThreadsOption _threads = new();
    private readonly Option<string> _weights = new("--weights")
    {
        Description = "The model: a model directory that train wrote, or a checkpoint",
        Required = true,
    };
    private readonly Option<string> _output = Options.Value(
        "--output",
        "Folder for all results",
        "artifacts/prediction"
    );

    public static Command Create(IAnsiConsole console, CancellationToken stop)
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
        command.SetAction(parsed => predict.Run(parsed, console, stop));
        return command;
    }

    private int Run(ParseResult parsed, IAnsiConsole console, CancellationToken stop)
    {
        _threads.Apply(parsed);
        using var model = ModelFile.Load(parsed.GetRequiredValue(_weights));
        var output = parsed.GetRequiredValue(_output);
        Directory.CreateDirectory(output);
        var scans = parsed.GetRequiredValue(_scans);
        RequireDistinctNames(scans);
        foreach (var path in scans)
        {
            stop.ThrowIfCancellationRequested();
            var cloud = SemanticKitti.Read(new ScanFile("", "", path, LabelsOf(path)));
            var prediction = model.Predict(cloud);
            var name = Path.GetFileNameWithoutExtension(path);
            var labels = Path.Combine(output, name + ".label");
            SemanticKitti.WriteLabels(labels, prediction);
            PathList.Print(console, [labels, .. Pictures.Write(output, name, cloud, prediction)]);
        }
        return Application.Success;
    }

    // Results are named after their scans, so that two of one name would overwrite each other.
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

    // Where the data set keeps the truth of a scan: ../labels/NAME.label.
    private static string? LabelsOf(string scan)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(scan))!;
        var path = Path.Combine(folder, "..", "labels", Path.GetFileNameWithoutExtension(scan) + ".label");
        return File.Exists(path) ? path : null;
    }
}
