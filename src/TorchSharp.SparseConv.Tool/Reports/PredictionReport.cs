using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>predict: how many points of each class, and how many of them are right where the file has labels.</summary>
internal sealed class PredictionReport
{
    public required string Model { get; init; }

    public required string File { get; init; }

    public required int Points { get; init; }

    /// <summary>Points left out for positions that are not finite.</summary>
    public required int DroppedPoints { get; init; }

    /// <summary>Attributes that the network reads and the file lacks: the model's own value was taken for them.</summary>
    public required IReadOnlyList<string> AssumedInputs { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<ClassReport> Classes { get; init; }

    /// <summary>The mean IoU over the classes that occur in the labels, 0 to 1; null where there are no labels to compare with.</summary>
    public required double? MeanIou { get; init; }

    /// <summary>The share of labelled points that are right, 0 to 1.</summary>
    public required double? Accuracy { get; init; }

    /// <summary>Why there is no comparison; null where there is one.</summary>
    public required string? NotCompared { get; init; }

    /// <summary>The files written.</summary>
    public required IReadOnlyList<string> Written { get; init; }

    public void Show(IAnsiConsole console)
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
                (
                    "left out",
                    DroppedPoints > 0 ? $"{Tables.Count(DroppedPoints)} points without a finite position" : null
                ),
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
