namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A voxel of up to four axes as 64-bit numbers, so that no sum of int32 coordinates overflows.</summary>
internal readonly record struct Site(long Batch, long D0, long D1, long D2, long D3)
{
    internal static Site From(ReadOnlySpan<int> row) =>
        new(row[0], row[1], row.Length > 2 ? row[2] : 0, row.Length > 3 ? row[3] : 0, row.Length > 4 ? row[4] : 0);

    internal static Site From(long batch, ReadOnlySpan<long> axes) =>
        new(
            batch,
            axes[0],
            axes.Length > 1 ? axes[1] : 0,
            axes.Length > 2 ? axes[2] : 0,
            axes.Length > 3 ? axes[3] : 0
        );

    internal long Axis(int axis) =>
        axis switch
        {
            0 => D0,
            1 => D1,
            2 => D2,
            _ => D3,
        };
}
