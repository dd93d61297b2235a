using System.CommandLine;
using System.Diagnostics;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>predict: labels the points of a file with a model directory.</summary>
internal sealed class PredictCommand(Session session)
{
    /// <summary>The ending of files that hold only labels.</summary>
    public const string LabelEnding = ".label";

    private readonly Argument<string> _model = Options.File(
        "model",
        "The model directory: config.json and model.safetensors"
    );
    private readonly Argument<string> _file = Options.File("file", "The file of points to label");
    private readonly Option<string[]> _out = Options.List<string>(
        "--out",
        "Files to write: points with their labels by the ending, labels alone to .label, a page to .html"
    );

    private readonly Option<LabelNumbers> _numbers = Options.Value(
        "--labels",
        "Which numbers labels are in files: those that the model gives its classes, or the classes' indices",
        LabelNumbers.Model
    );

    private readonly Option<bool> _drop = PointFiles.DropOption();

    private readonly Option<string?> _memory = Options.Text(
        "--memory",
        "Label a scene of any size in tiles that need about so much memory, such as 2G; files to write are .label, and "
            + ".las of a .las"
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
            predict._memory,
        };
        command.SetAction(predict.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (folder, file) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_file));
        ModelLabels.RequireModel(folder);
        var outputs = parsed.GetRequiredValue(_out);
        foreach (var path in outputs.Where(path => Path.GetExtension(path) is not (LabelEnding or ".html")))
        {
            PointFiles.RequireKnown(path);
        }
        if (parsed.GetValue(_memory) is { } memory)
        {
            return RunInTiles(parsed, MemorySize.Parse(memory), outputs);
        }
        var read = session.Work($"reading {file}", () => PointFiles.Read(file));
        var cloud = PointFiles.Finite(file, read, parsed.GetValue(_drop));
        using var model = session.Work($"reading {folder}", () => PointClassifier.Load(folder));
        RequireSpace(folder, model);
        var prediction = session.Work(
            $"labelling {cloud.Count} points",
            () => Prediction.Of(model, cloud, parsed.GetValue(_numbers))
        );
        foreach (var path in outputs)
        {
            PointFiles.MakeFolder(path);
            session.Work($"writing {path}", () => prediction.Write(path, file));
        }
        var report = prediction.Report(folder, file, read.Count - cloud.Count, outputs);
        report.Write(session, parsed);
        return Shell.Success;
    }

    private int RunInTiles(ParseResult parsed, long memory, string[] outputs)
    {
        var (folder, file) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_file));
        PointFiles.RequireKnown(file);
        foreach (var path in outputs)
        {
            if (!PointFiles.HasEnding(path, LabelEnding) && !PredictedLabels.CanPatch(file, path))
            {
                throw new UsageException(
                    $"{path}: with --memory, files to write are {LabelEnding}, and .las of a .las; leave --memory out for others"
                );
            }
        }
        using var model = session.Work($"reading {folder}", () => PointClassifier.Load(folder));
        RequireSpace(folder, model);
        var labels = new ModelLabels(model.Config, parsed.GetValue(_numbers));
        foreach (var path in outputs.Where(path => !PredictedLabels.HasRoom(file, path, labels)))
        {
            throw new UsageException(
                $"{path}: the model's labels reach {labels.Most}, the point format of {file} holds "
                    + $"{LasFile.ReadHeader(file).MostLabel}; --labels class writes the classes' indices"
            );
        }
        var scene = ScenePrediction.Of(session, model, file, memory);
        foreach (var path in outputs)
        {
            PointFiles.MakeFolder(path);
            session.Work(
                $"writing {path}",
                () =>
                    PredictedLabels.Write(file, path, scene.Classes.LongLength, at => labels.ToFile(scene.Classes[at]))
            );
        }
        scene.Report(labels, folder, outputs).Write(session, parsed);
        return Shell.Success;
    }

    private static void RequireSpace(string folder, PointClassifier model)
    {
        if (model.Config.Architecture.Dimensions != 3)
        {
            throw new UsageException(
                $"{folder}: the network has {model.Config.Architecture.Dimensions} axes, points of a file have 3"
            );
        }
    }
}

/// <summary>Labels in files of their own, or in a copy of the file that was labelled.</summary>
internal static class PredictedLabels
{
    /// <summary>Whether a copy of a file with other labels can have this name.</summary>
    public static bool CanPatch(string source, string target) =>
        PointFiles.HasEnding(source, ".las") && PointFiles.HasEnding(target, ".las");

    /// <summary>Whether every label of a model has room in a copy of the file.</summary>
    public static bool HasRoom(string source, string target, ModelLabels labels) =>
        !CanPatch(source, target) || labels.Most <= LasFile.ReadHeader(source).MostLabel;

    /// <summary>Writes the labels to a .label file, or into a copy of a .las file.</summary>
    public static void Write(string source, string target, long count, Func<long, int> labelOf)
    {
        if (CanPatch(source, target))
        {
            LasFile.WriteLabels(source, target, labelOf);
        }
        else
        {
            KittiFile.WriteLabels(target, count, labelOf);
        }
    }
}

/// <summary>A cloud with the class that a model predicted for each point.</summary>
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
        _assumed = PredictionReport.AssumedIn(cloud, config);
        Truth = FindTruth(cloud, labels, out var problem);
        NotCompared = problem;
    }

    public PointCloud Cloud { get; }

    /// <summary>The predicted class of each point.</summary>
    public int[] Classes { get; }

    /// <summary>The true class of each point; null if the file has no labels that the model knows.</summary>
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
            Classes = PredictionReport.ClassesOf(_labels, predicted, Truth is null ? null : matrix),
            MeanIou = Truth is null ? null : PredictionReport.Known(matrix.MeanIoU),
            Accuracy = Truth is null ? null : PredictionReport.Known(matrix.Accuracy),
            NotCompared = NotCompared,
            Written = written,
        };
    }

    /// <summary>
    /// Writes the prediction for a file: the labels alone to a .label file, a page to an .html file, a copy of a .las
    /// file with other labels, and the cloud with labels to any other file.
    /// </summary>
    public void Write(string path, string file)
    {
        if (PointFiles.HasEnding(path, ".html"))
        {
            Page(Path.GetFileName(file)).Save(path);
        }
        else if (
            PointFiles.HasEnding(path, PredictCommand.LabelEnding)
            || (PredictedLabels.CanPatch(file, path) && PredictedLabels.HasRoom(file, path, _labels))
        )
        {
            PredictedLabels.Write(file, path, Classes.Length, at => _labels.ToFile(Classes[at]));
        }
        else
        {
            PointFiles.Write(path, Cloud.WithLabels(Array.ConvertAll(Classes, _labels.ToFile)));
        }
    }

    private ViewerPage Page(string title)
    {
        var page = new ViewerPage(title) { Classes = _labels.Palette };
        if (Truth is not null)
        {
            page.Add("Truth", Cloud.WithLabels(Truth));
        }
        return page.Add("Prediction", Cloud.WithLabels(Classes));
    }

    /// <summary>The true class of each point, or null and the reason why there is none.</summary>
    internal static int[]? FindTruth(PointCloud cloud, ModelLabels labels, out string? problem)
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
}

/// <summary>predict: the number of points of each class and, if the file has labels, how many are right.</summary>
internal sealed class PredictionReport : Report
{
    public required string Model { get; init; }

    public required string File { get; init; }

    /// <summary>The number of tiles, where the scene was labelled in tiles.</summary>
    public int? Tiles { get; init; }

    public required long Points { get; init; }

    /// <summary>The number of points left out because their positions are not finite.</summary>
    public required int DroppedPoints { get; init; }

    /// <summary>
    /// The attributes that the network reads and the file lacks, for which the value of the model was used.
    /// </summary>
    public required IReadOnlyList<string> AssumedInputs { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<ClassReport> Classes { get; init; }

    /// <summary>
    /// The mean IoU over the classes that occur in the labels, 0 to 1; null if there are no labels to compare with.
    /// </summary>
    public required double? MeanIou { get; init; }

    /// <summary>The share of labelled points that were predicted correctly, 0 to 1.</summary>
    public required double? Accuracy { get; init; }

    /// <summary>The reason why nothing was compared; null if there was a comparison.</summary>
    public required string? NotCompared { get; init; }

    /// <summary>The files written.</summary>
    public required IReadOnlyList<string> Written { get; init; }

    /// <summary>
    /// The attributes that a cloud lacks and for which the model has a value; the classifier refuses a file that lacks
    /// others.
    /// </summary>
    internal static string[] AssumedIn(PointCloud cloud, ModelConfig config) =>
        [
            .. config
                .Inputs.Where(input => input.Missing is not null && cloud.Find(input.Source) is null)
                .Select(input => input.Source),
        ];

    internal static ClassReport[] ClassesOf(ModelLabels labels, long[] predicted, ConfusionMatrix? matrix) =>
        [
            .. labels.Names.Select(
                (name, index) =>
                    new ClassReport
                    {
                        Name = name,
                        Predicted = predicted[index],
                        Labelled = matrix?.TruthCount(index),
                        Iou = matrix is null ? null : Known(matrix.IoU(index)),
                    }
            ),
        ];

    internal static double? Known(double value) => double.IsNaN(value) ? null : value;

    protected override void Show(IAnsiConsole console)
    {
        var isCompared = NotCompared is null;
        var table = isCompared
            ? Tables.New(1, "class", "predicted", "labelled", "IoU")
            : Tables.New(1, "class", "predicted");
        foreach (var entry in Classes.Where(entry => entry.Predicted > 0 || entry.Labelled > 0))
        {
            var predicted = Tables.Count(entry.Predicted);
            if (isCompared)
            {
                table.Add(entry.Name, predicted, Tables.Count(entry.Labelled ?? 0), Tables.Percent(entry.Iou));
            }
            else
            {
                table.Add(entry.Name, predicted);
            }
        }
        console.Write(table);
        Tables.Facts(
            console,
            [
                ("points", FormattableString.Invariant($"{Points:N0} in {Seconds:F2} s")),
                ("tiles", Tiles is { } tiles ? FormattableString.Invariant($"{tiles:N0}") : null),
                ("left out", Tables.Dropped(DroppedPoints)),
                (
                    "assumed",
                    AssumedInputs.Count > 0
                        ? $"{string.Join(", ", AssumedInputs)}: not in the file, taken as the model says"
                        : null
                ),
                (
                    "compared",
                    isCompared
                        ? $"mean IoU {Tables.Percent(MeanIou)}, accuracy {Tables.Percent(Accuracy)}"
                        : $"no: {NotCompared}"
                ),
                .. Written.Select(path => ("written", (string?)path)),
            ]
        );
    }
}

/// <summary>One class of a prediction.</summary>
internal sealed class ClassReport
{
    public required string Name { get; init; }

    /// <summary>The number of points that were predicted as this class.</summary>
    public required long Predicted { get; init; }

    /// <summary>The number of points with this class in the labels of the file; null without a comparison.</summary>
    public required long? Labelled { get; init; }

    /// <summary>
    /// The intersection over union, 0 to 1; null without a comparison, or if the class does not occur.
    /// </summary>
    public required double? Iou { get; init; }
}
