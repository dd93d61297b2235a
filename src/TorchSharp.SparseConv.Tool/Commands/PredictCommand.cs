using System.CommandLine;
using TorchSharp.SparseConv.Tool.Models;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>predict: labels the points of a file with a model directory.</summary>
internal sealed class PredictCommand(Session session)
{
    private readonly Argument<string> _model = Options.File(
        "model",
        "The model directory: config.json and model.safetensors"
    );
    private readonly Argument<string> _file = Options.File("file", "The file of points to label");
    private readonly Option<string[]> _out = Options.List(
        "--out",
        "Files to write: points with their labels by the ending, labels alone to .label, a page to .html"
    );

    private readonly Option<LabelNumbers> _numbers = Options.Choice(
        "--labels",
        "Which numbers labels are in files: those that the model gives its classes, or the classes' indices",
        LabelNumbers.Model
    );

    private readonly Option<bool> _drop = Options.Flag(
        "--drop-invalid",
        "Leave out points whose position is not finite"
    );

    public static Command Create(Session session)
    {
        var predict = new PredictCommand(session);
        var command = new Command(
            "predict",
            "Labels every point of a file, and says how right that is where the file has labels."
        )
        {
            predict._model,
            predict._file,
            predict._out,
            predict._numbers,
            predict._drop,
        };
        command.SetAction(predict.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (folder, file) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_file));
        if (!ModelDirectory.Exists(folder))
        {
            throw new UsageException($"{folder} is no model directory: it has no {ModelDirectory.ConfigFile}");
        }
        var outputs = parsed.GetRequiredValue(_out);
        foreach (var path in outputs.Where(path => Path.GetExtension(path) is not (LabelFile.Ending or ".html")))
        {
            PointFiles.RequireKnown(path);
        }
        var read = session.Work($"reading {file}", () => PointFiles.Read(file));
        var cloud = PointFiles.Finite(file, read, parsed.GetValue(_drop));
        using var model = session.Work($"reading {folder}", () => PointClassifier.Load(folder));
        if (model.Config.Architecture.Dimensions != 3)
        {
            throw new UsageException(
                $"{folder}: the network has {model.Config.Architecture.Dimensions} axes, points of a file have 3"
            );
        }
        var prediction = session.Work(
            $"labelling {cloud.Count} points",
            () => Prediction.Of(model, cloud, parsed.GetValue(_numbers))
        );
        foreach (var path in outputs)
        {
            PointFiles.MakeFolder(path);
            session.Work($"writing {path}", () => prediction.Write(path, Path.GetFileName(file)));
        }
        var report = prediction.Report(folder, file, read.Count - cloud.Count, outputs);
        session.Report(parsed, report, ToolJson.Default.PredictionReport, report.Show);
        return Application.Success;
    }
}
