using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>eval: measures a model on labelled scans.</summary>
internal sealed class EvalCommand
{
    private readonly DataOptions _data = new();
    private readonly ThreadsOption _threads = new();
    private readonly Option<string> _weights = Application.WeightsOption();
    private readonly Option<int> _seed = Options.Value("--seed", "Of the generated streets: that of the training", 1);

    public static Command Create(Session session)
    {
        var eval = new EvalCommand();
        var command = new Command("eval", "Measures a model: IoU of each class, mIoU, accuracy.") { eval._weights };
        eval._data.AddForMeasuring(command);
        command.Add(eval._seed);
        eval._threads.AddTo(command);
        command.SetAction(parsed => eval.Run(parsed, session));
        return command;
    }

    private int Run(ParseResult parsed, Session session)
    {
        _threads.Apply(parsed);
        using var model = ModelFile.Load(parsed.GetRequiredValue(_weights));
        var dataset = Datasets.Validation(_data.Measuring(parsed), parsed.GetRequiredValue(_seed));
        var matrix = Evaluator.Measure(model, dataset, (_, _) => { }, session.Stop);
        Scores.Print(session.Console, matrix, dataset.ClassNames);
        return Shell.Success;
    }
}

/// <summary>Measures a model on labelled scans, point by point.</summary>
internal static class Evaluator
{
    /// <summary>
    /// Predicts every scan and passes the first one with its prediction to <paramref name="onFirst"/>.
    /// </summary>
    public static ConfusionMatrix Measure(
        SegmentationModel model,
        IPointCloudDataset dataset,
        Action<PointCloud, int[]>? onFirst,
        CancellationToken stop
    )
    {
        var matrix = new ConfusionMatrix(dataset.ClassNames.Count, dataset.IgnoreLabel);
        for (var index = 0; index < dataset.Count; index++)
        {
            stop.ThrowIfCancellationRequested();
            var cloud = dataset.Load(index);
            var prediction = model.Predict(cloud);
            matrix.Add(cloud.Labels!, prediction);
            if (index == 0)
            {
                onFirst?.Invoke(cloud, prediction);
            }
        }
        return matrix;
    }
}
