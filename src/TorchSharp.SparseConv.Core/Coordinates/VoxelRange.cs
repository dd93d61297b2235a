using System.Diagnostics;
using System.Globalization;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Where voxels may be: batch indices from 0 to below a size where there is one, and inside of a spatial shape where there is
/// one.
/// </summary>
[StackTraceHidden]
internal readonly record struct VoxelRange(PerAxis? SpatialShape, int? BatchSize = null)
{
    /// <summary>Whether a voxel (batch, d0, d1, ...) is in range.</summary>
    internal bool Holds(ReadOnlySpan<int> voxel) => HoldsBatch(voxel[0]) && HoldsPlace(voxel[1..]);

    /// <summary>
    /// Throws for the first of the rows that is out of range; <paramref name="where"/> says which one it is, with its number in
    /// place of {0}.
    /// </summary>
    internal void Check(ReadOnlySpan<int> coordinates, int dimensions, string where, string name)
    {
        for (var start = 0; start < coordinates.Length; start += 1 + dimensions)
        {
            var voxel = coordinates.Slice(start, 1 + dimensions);
            if (Holds(voxel))
                continue;
            var row = string.Format(CultureInfo.InvariantCulture, where, start / (1 + dimensions));
            var allowed = BatchSize is { } size ? $"in 0..{size - 1}" : "0 or more";
            throw new ArgumentException(
                HoldsBatch(voxel[0])
                    ? $"{name} has the voxel ({string.Join(", ", voxel.ToArray())}){row}, must lie inside of the spatial shape {SpatialShape}."
                    : $"{name} has batch index {voxel[0]}{row}, must be {allowed}.",
                name
            );
        }
    }

    private bool HoldsBatch(int batch) => batch >= 0 && (BatchSize is not { } size || batch < size);

    private bool HoldsPlace(ReadOnlySpan<int> place)
    {
        if (SpatialShape is not { } shape)
            return true;
        for (var axis = 0; axis < place.Length; axis++)
        {
            if (place[axis] < 0 || place[axis] >= shape[axis])
                return false;
        }
        return true;
    }
}
