using System.Text.Json;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A web page about a training: curves of loss, mIoU, learning rate and throughput, the IoU of each class, and the
/// confusion matrix. The page needs no network and no server.
/// </summary>
public sealed class TrainingReportPage
{
    /// <summary>Makes a page without numbers. The page leaves out everything that is not set.</summary>
    public TrainingReportPage(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Title = title;
    }

    /// <summary>The heading of the page.</summary>
    public string Title { get; }

    /// <summary>A line beside the heading.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>The settings of the run, in the order in which the page shows them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>All steps of the run, in order.</summary>
    public IReadOnlyList<TrainingStep> Steps { get; init; } = [];

    /// <summary>The number of steps in an epoch. If it is positive, the page also counts in epochs.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>Measurements during the run, in any order.</summary>
    public IReadOnlyList<TrainingScore> Scores { get; init; } = [];

    /// <summary>The confusion matrix of the finished network.</summary>
    public ConfusionMatrix? Confusion { get; init; }

    /// <summary>
    /// The names and colours of the classes of <see cref="Confusion"/>; null names the classes by their numbers.
    /// </summary>
    public ClassPalette? Classes { get; init; }

    /// <summary>Writes the page to a file and replaces an existing one.</summary>
    /// <exception cref="InvalidOperationException">
    /// The numbers of classes of <see cref="Classes"/> and <see cref="Confusion"/> differ.
    /// </exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var report = new TrainingReport(this);
        using var file = File.Create(path);
        Write(file, report);
    }

    /// <summary>Writes the page as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">
    /// The numbers of classes of <see cref="Classes"/> and <see cref="Confusion"/> differ.
    /// </exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, new TrainingReport(this));
    }

    private void Write(Stream stream, TrainingReport report) =>
        new PageTemplate("report.html")
            .Text("title", Title)
            .Text("subtitle", Subtitle)
            .Resource("style", "page.css", "uplot.css", "report.css")
            .Resource("script", "report.js")
            .Resource("licence", "uplot.licence.txt")
            .Written("report", report.WriteJson)
            .Write(stream);
}

/// <summary>The measurements of one training step.</summary>
/// <param name="Loss">The loss of the step's batch.</param>
/// <param name="LearningRate">The learning rate that the step was taken with.</param>
/// <param name="PointsPerSecond">The number of points of the batch divided by the time of the step.</param>
public readonly record struct TrainingStep(double Loss, double LearningRate, double PointsPerSecond);

/// <summary>A measurement of the network during training.</summary>
/// <param name="Measured">The data that was measured, such as "training" or "validation". Each name is a curve.</param>
/// <param name="Step">The number of steps before the measurement.</param>
/// <param name="MeanIoU">The mean intersection over union, 0 to 1; NaN if there was none.</param>
/// <param name="Accuracy">The share of points that were predicted correctly, 0 to 1; NaN if there was none.</param>
public readonly record struct TrainingScore(string Measured, int Step, double MeanIoU, double Accuracy);

// Writes the JSON that the report page reads.
internal sealed class TrainingReport
{
    private readonly TrainingReportPage _page;
    private readonly ClassPalette? _classes;

    public TrainingReport(TrainingReportPage page)
    {
        _page = page;
        if (page.Confusion is { } confusion)
        {
            _classes =
                page.Classes
                ?? new ClassPalette([.. Enumerable.Range(0, confusion.ClassCount).Select(label => $"class {label}")]);
            if (_classes.Names.Count != confusion.ClassCount)
            {
                throw new InvalidOperationException(
                    $"Classes has {_classes.Names.Count} classes, must have the {confusion.ClassCount} of Confusion"
                );
            }
        }
    }

    // The JSON writer escapes <, so that no name can end the script element that holds the data.
    public void WriteJson(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartArray("settings");
        foreach (var (name, value) in _page.Settings)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteNumber("stepsPerEpoch", _page.StepsPerEpoch);
        json.WriteNumbers("loss", _page.Steps.Select(step => step.Loss));
        json.WriteNumbers("rate", _page.Steps.Select(step => step.LearningRate));
        json.WriteNumbers("throughput", _page.Steps.Select(step => step.PointsPerSecond));
        json.WriteStartArray("scores");
        foreach (var score in _page.Scores.OrderBy(score => score.Step))
        {
            json.WriteStartObject();
            json.WriteString("measured", score.Measured);
            json.WriteNumber("step", score.Step);
            json.WriteNumberOrNull("iou", score.MeanIoU);
            json.WriteNumberOrNull("accuracy", score.Accuracy);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (_page.Confusion is { } confusion && _classes is not null)
        {
            WriteConfusion(json, confusion, _classes);
        }
        json.WriteEndObject();
    }

    private static void WriteConfusion(Utf8JsonWriter json, ConfusionMatrix confusion, ClassPalette classes)
    {
        json.WriteNumberOrNull("meanIoU", confusion.MeanIoU);
        json.WriteNumberOrNull("accuracy", confusion.Accuracy);
        json.WriteStartArray("classes");
        for (var label = 0; label < confusion.ClassCount; label++)
        {
            json.WriteStartObject();
            json.WriteString("name", classes.Names[label]);
            json.WriteString("color", classes.Colors[label].ToString());
            json.WriteBoolean("ignored", label == confusion.IgnoreLabel);
            json.WriteNumberOrNull("iou", confusion.IoU(label));
            json.WriteNumbers(
                "predicted",
                Enumerable.Range(0, confusion.ClassCount).Select(other => (double)confusion[label, other])
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
