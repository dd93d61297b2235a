using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>info of a NIfTI volume.</summary>
internal sealed class VolumeReport
{
    public string Kind { get; init; } = "volume";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The size of each axis, x first.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    public required string Type { get; init; }

    /// <summary>The spacing of each axis, x first.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    public required double Slope { get; init; }

    public required double Intercept { get; init; }

    public required string Description { get; init; }

    /// <summary>The smallest and the largest finite value, slope and intercept applied.</summary>
    public required double? Min { get; init; }

    public required double? Max { get; init; }

    /// <summary>The share of values other than 0: the occupancy of the sparse volume.</summary>
    public required double Occupancy { get; init; }

    public void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            ("shape", $"{string.Join(" x ", Shape)} of {Type}"),
            ("voxel size", string.Join(" x ", VoxelSize.Select(size => Tables.Number(size)))),
            ("values", Tables.Range([Min], [Max])),
            ("not 0", Tables.Percent(Occupancy)),
            (
                "scaling",
                Slope == 1 && Intercept == 0 ? null : $"{Tables.Number(Slope)} * value + {Tables.Number(Intercept)}"
            ),
            ("description", Description.Length > 0 ? Description : null)
        );
}
