using System.CommandLine;
using PointCloudSegmentation.Data;
using PointCloudSegmentation.Model;
using PointCloudSegmentation.Reports;
using Spectre.Console;

namespace PointCloudSegmentation.Commands;

/// <summary>eval: measures a model on labelled scans.</summary>
internal sealed class EvalCommand
{
    private readonly DataOptions _data = new();
    private readonly ThreadsOption _threads = new();
    private readonly Option<string> _weights = new("--weights")
    {
        Description = "The model: a model directory that train wrote, or a checkpoint",
        Required = true,
    };
    private readonly Option<int> _seed = Options.Value("--seed", "Of the generated streets: that of the training", 1);

    public static Command Create(IAnsiConsole console, CancellationToken stop)
    {
        var eval = new EvalCommand();
        var command = new Command("eval", "Measures a model: IoU of each class, mIoU, accuracy.") { eval._weights };
        eval._data.AddForMeasuring(command);
        command.Add(eval._seed);
        eval._threads.AddTo(command);
        command.SetAction(parsed => eval.Run(parsed, console, stop));
        return command;
    }

    private int Run(ParseResult parsed, IAnsiConsole console, CancellationToken stop)
    {
        _threads.Apply(parsed);
        using var model = ModelFile.Load(parsed.GetRequiredValue(_weights));
        var dataset = Datasets.Validation(_data.Measuring(parsed), parsed.GetRequiredValue(_seed));
        var matrix = Evaluator.Measure(model, dataset, (_, _) => { }, stop);
        Scores.Print(console, matrix, dataset.ClassNames);
        return Application.Success;
    }
}
