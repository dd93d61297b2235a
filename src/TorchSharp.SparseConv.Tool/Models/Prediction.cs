using System.Diagnostics;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>A cloud and the class that a model gave to each of its points.</summary>
internal sealed class Prediction
{
    private readonly ModelLabels _labels;
    private readonly double _seconds;
    private readonly int? _ignored;
    private readonly string[] _assumed;

    private Prediction(PointCloud cloud, int[] classes, ModelConfig config, ModelLabels labels, double seconds)
    {
        Cloud = cloud;
        Classes = classes;
        _labels = labels;
        _seconds = seconds;
        _ignored = config.IgnoreClass;
        // What the description gives a value for in files without it; the classifier refuses any other that is not there.
        _assumed =
        [
            .. config
                .Inputs.Where(input => input.Missing is not null && cloud.Find(input.Source) is null)
                .Select(input => input.Source),
        ];
        Truth = FindTruth(cloud, labels, out var problem);
        NotCompared = problem;
    }

    public PointCloud Cloud { get; }

    /// <summary>The predicted class of each point.</summary>
    public int[] Classes { get; }

    /// <summary>The true class of each point; null where the file has none that the model knows.</summary>
    public int[]? Truth { get; }

    public string? NotCompared { get; }

    public static Prediction Of(PointClassifier model, PointCloud cloud, LabelNumbers numbers)
    {
        var clock = Stopwatch.StartNew();
        var classes = model.Predict(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());
        return new Prediction(
            cloud,
            classes,
            model.Config,
            new ModelLabels(model.Config, numbers),
            clock.Elapsed.TotalSeconds
        );
    }

    public PredictionReport Report(string model, string file, int dropped, IReadOnlyList<string> written)
    {
        var matrix = new ConfusionMatrix(_labels.Names.Count, _ignored);
        if (Truth is not null)
        {
            matrix.Add(Truth, Classes);
        }
        var predicted = new long[_labels.Names.Count];
        Array.ForEach(Classes, index => predicted[index]++);
        return new PredictionReport
        {
            Model = model,
            File = file,
            Points = Cloud.Count,
            DroppedPoints = dropped,
            AssumedInputs = _assumed,
            Seconds = _seconds,
            Classes =
            [
                .. _labels.Names.Select(
                    (name, index) =>
                        new ClassReport
                        {
                            Name = name,
                            Predicted = predicted[index],
                            Labelled = Truth is null ? null : matrix.TruthCount(index),
                            Iou = Truth is null ? null : Known(matrix.IoU(index)),
                        }
                ),
            ],
            MeanIou = Truth is null ? null : Known(matrix.MeanIoU),
            Accuracy = Truth is null ? null : Known(matrix.Accuracy),
            NotCompared = NotCompared,
            Written = written,
        };
    }

    /// <summary>Writes the labels: alone to a .label file, a page to .html, else the cloud with them.</summary>
    public void Write(string path, string title)
    {
        var labels = _labels.ToFile(Classes);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".label":
                LabelFile.Write(path, labels);
                break;
            case ".html":
                Page(title).Save(path);
                break;
            default:
                Points.CloudConverter.Write(path, Cloud.WithLabels(labels));
                break;
        }
    }

    private ViewerPage Page(string title)
    {
        var page = new ViewerPage(title) { Classes = _labels.Palette };
        var predicted = Cloud.WithLabels(null).With(new PointAttribute(PointAttribute.Prediction, Classes));
        return Truth is null
            ? page.Add("Prediction", predicted)
            : page.Add("Truth", Cloud.WithLabels(Truth)).Add("Prediction", predicted.WithLabels(Truth));
    }

    private static int[]? FindTruth(PointCloud cloud, ModelLabels labels, out string? problem)
    {
        if (cloud.Find(PointAttribute.Label) is not { Components: 1 })
        {
            problem = "the file has no labels";
            return null;
        }
        try
        {
            return labels.FromFile(cloud.Labels!, out problem);
        }
        catch (InvalidOperationException error)
        {
            problem = error.Message;
            return null;
        }
    }

    private static double? Known(double value) => double.IsNaN(value) ? null : value;
}
