using System.Text.Json;

namespace TorchSharp.SparseConv.Data;

// What the report page reads, in JSON; numbers that are not finite are null there.
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
        WriteNumbers(json, "loss", _page.Steps.Select(step => step.Loss));
        WriteNumbers(json, "rate", _page.Steps.Select(step => step.LearningRate));
        WriteNumbers(json, "throughput", _page.Steps.Select(step => step.PointsPerSecond));
        json.WriteStartArray("scores");
        foreach (var score in _page.Scores.OrderBy(score => score.Step))
        {
            json.WriteStartObject();
            json.WriteString("measured", score.Measured);
            json.WriteNumber("step", score.Step);
            WriteNumber(json, "iou", score.MeanIoU);
            WriteNumber(json, "accuracy", score.Accuracy);
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
        WriteNumber(json, "meanIoU", confusion.MeanIoU);
        WriteNumber(json, "accuracy", confusion.Accuracy);
        json.WriteStartArray("classes");
        for (var label = 0; label < confusion.ClassCount; label++)
        {
            json.WriteStartObject();
            json.WriteString("name", classes.Names[label]);
            json.WriteString("color", classes.Colors[label].ToString());
            json.WriteBoolean("ignored", label == confusion.IgnoreLabel);
            WriteNumber(json, "iou", confusion.IoU(label));
            WriteNumbers(
                json,
                "predicted",
                Enumerable.Range(0, confusion.ClassCount).Select(other => (double)confusion[label, other])
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                json.WriteNumberValue(value);
            }
            else
            {
                json.WriteNullValue();
            }
        }
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
