using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>info of a file of points.</summary>
internal sealed class CloudReport
{
    public string Kind { get; init; } = "point_cloud";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    public required int Points { get; init; }

    /// <summary>Points whose coordinates are all finite: those that have a place.</summary>
    public required int FinitePoints { get; init; }

    /// <summary>Where positions are counted from; voxels, too.</summary>
    public required IReadOnlyList<double> Origin { get; init; }

    /// <summary>The corners of the bounding box, the origin included; null where there are no points.</summary>
    public required IReadOnlyList<double?> Min { get; init; }

    public required IReadOnlyList<double?> Max { get; init; }

    public required IReadOnlyList<AttributeReport> Attributes { get; init; }

    public required IReadOnlyList<VoxelReport> Voxels { get; init; }

    public void Show(IAnsiConsole console)
    {
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            (
                "points",
                Points == FinitePoints
                    ? Tables.Count(Points)
                    : $"{Tables.Count(Points)}, {Tables.Count(FinitePoints)} of them with a finite position"
            ),
            (
                "origin",
                Origin.Any(value => value != 0) ? string.Join("  ", Origin.Select(value => Tables.Number(value))) : null
            ),
            ("x y z", FinitePoints > 0 ? Tables.Range(Min, Max) : null)
        );
        if (Attributes.Count > 0)
        {
            var table = Tables.New(4, "attribute", "type", "range", "values");
            foreach (var attribute in Attributes)
            {
                var type = attribute.Components == 1 ? attribute.Type : $"{attribute.Type} x {attribute.Components}";
                table.Add(attribute.Name, type, Tables.Range(attribute.Min, attribute.Max), Values(attribute));
            }
            console.Write(table);
        }
        if (Voxels.Count > 0)
        {
            ShowVoxels(console);
        }
    }

    private void ShowVoxels(IAnsiConsole console)
    {
        var table = Tables.New(
            0,
            "voxel size",
            "voxels",
            "points/voxel",
            "occupancy",
            "pairs 3^3",
            "neighbours of 27",
            "voxels at stride 2",
            "fine of 8"
        );
        foreach (var level in Voxels)
        {
            table.Add(
                Tables.Number(level.Size),
                Tables.Count(level.Voxels),
                $"{level.PointsPerVoxel:F2}",
                Tables.Percent(level.Occupancy),
                Tables.Count(level.Kernel3.Pairs),
                $"{level.Kernel3.MeanNeighbours:F2}",
                Tables.Count(level.Kernel2Stride2.OutputVoxels),
                $"{level.Kernel2Stride2.MeanNeighbours:F2}"
            );
        }
        console.Write(table);
    }

    private static string Values(AttributeReport attribute)
    {
        const int Shown = 8;
        return attribute.Counts is { } counts
            ? string.Join(", ", counts.Take(Shown).Select(entry => $"{entry.Key}: {Tables.Count(entry.Value)}"))
                + (counts.Count > Shown ? ", ..." : "")
            : "";
    }
}
