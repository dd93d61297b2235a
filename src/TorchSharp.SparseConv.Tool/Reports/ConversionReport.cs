using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>convert: what was written, and what of it is not as it was; found by reading it back.</summary>
internal sealed class ConversionReport
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>Points written.</summary>
    public required int Points { get; init; }

    /// <summary>Points left out for positions that are not finite.</summary>
    public required int DroppedPoints { get; init; }

    /// <summary>The farthest that a position was moved along an axis, in the unit of the positions.</summary>
    public required double LargestShift { get; init; }

    /// <summary>Where positions were counted from, in a format that cannot say so; null where nothing of that is lost.</summary>
    public required IReadOnlyList<double>? DroppedOrigin { get; init; }

    public required IReadOnlyList<AttributeFateReport> Attributes { get; init; }

    /// <summary>Whether nothing at all was lost or changed but types that hold the same numbers.</summary>
    public required bool Lossless { get; init; }

    public void Show(IAnsiConsole console)
    {
        var origin = DroppedOrigin is { } dropped
            ? $"the origin {string.Join(", ", dropped)}: positions are counted from there"
            : null;
        var fates = Attributes.Where(attribute => attribute.Fate != AttributeFate.Kept);
        Tables.Facts(
            console,
            [
                ("written", $"{To}, {Tables.Count(Points)} points"),
                (
                    "left out",
                    DroppedPoints > 0 ? $"{Tables.Count(DroppedPoints)} points without a finite position" : null
                ),
                ("moved", LargestShift > 0 ? $"positions by up to {Tables.Number(LargestShift)}" : null),
                ("lost", origin),
                .. fates
                    .GroupBy(attribute => attribute.Fate)
                    .OrderBy(same => same.Key)
                    .Select(same => ($"{same.Key}".ToLowerInvariant(), (string?)string.Join(", ", same))),
                ("lost", Lossless ? "nothing" : null),
            ]
        );
    }
}
