using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>voxelize: what was written.</summary>
internal sealed class VoxelizationReport
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>The edge of a voxel: one length, or three.</summary>
    public required IReadOnlyList<double> Size { get; init; }

    public required int Points { get; init; }

    /// <summary>Points left out for positions that are not finite.</summary>
    public required int DroppedPoints { get; init; }

    public required int Voxels { get; init; }

    /// <summary>Attributes of which a voxel has the mean.</summary>
    public required IReadOnlyList<string> Means { get; init; }

    /// <summary>Attributes of which a voxel has the value of most of its points.</summary>
    public required IReadOnlyList<string> Majorities { get; init; }

    public void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("written", To),
            (
                "voxels",
                FormattableString.Invariant(
                    $"{Voxels:N0} of {string.Join(" x ", Size)}, from {Points:N0} points ({Points / (double)Math.Max(1, Voxels):F2} each)"
                )
            ),
            ("left out", DroppedPoints > 0 ? $"{Tables.Count(DroppedPoints)} points without a finite position" : null),
            ("means of", Means.Count > 0 ? string.Join(", ", Means) : null),
            ("commonest", Majorities.Count > 0 ? string.Join(", ", Majorities) : null)
        );
}
