using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Coordinates as users give them: checked, and as int32 rows (batch, d0, d1, ...).</summary>
internal static class CoordinateRows
{
    /// <summary>The spatial axes of [N, 1 + D] coordinates, which must be the manager's where there is one.</summary>
    internal static int Dimensions(torch.Tensor coordinates, CoordinateManager? manager)
    {
        if (coordinates.ndim != 2 || coordinates.shape[1] is < 2 or > 5)
        {
            throw new ArgumentException(
                $"coordinates has shape {Shapes.Text(coordinates.shape)}, must be [voxels, 1 + D] with D from 1 to 4.",
                nameof(coordinates)
            );
        }

        var dimensions = (int)coordinates.shape[1] - 1;
        if (manager is not null && manager.Dimensions != dimensions)
        {
            throw new ArgumentException(
                $"coordinates has {dimensions} spatial axes, must have the manager's {manager.Dimensions}.",
                nameof(coordinates)
            );
        }

        return dimensions;
    }

    /// <summary>Reads the rows, finds the batch size where it is 0, and refuses what lies outside.</summary>
    internal static int[] Read(torch.Tensor coordinates, int dimensions, ref int batch_size, PerAxis? spatial_shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch_size);
        var rows = TensorMemory.ToInt32(coordinates, nameof(coordinates));
        var largest = -1;
        for (var start = 0; start < rows.Length; start += 1 + dimensions)
        {
            var batch = rows[start];
            if (batch < 0 || (batch_size > 0 && batch >= batch_size))
            {
                var allowed = batch_size > 0 ? $"in 0..{batch_size - 1}" : "0 or more";
                throw new ArgumentException(
                    $"coordinates row {start / (1 + dimensions)} has batch index {batch}, must be {allowed}.",
                    nameof(coordinates)
                );
            }

            largest = Math.Max(largest, batch);
        }

        batch_size = batch_size > 0 ? batch_size : largest + 1;
        if (spatial_shape is { } shape)
        {
            RequireInside(rows, shape.Expand(dimensions));
        }

        return rows;
    }

    /// <summary>Refuses rows outside of 0 &lt;= coordinate &lt; shape.</summary>
    internal static void RequireInside(ReadOnlySpan<int> coordinates, PerAxis spatial_shape)
    {
        var width = 1 + spatial_shape.Count;
        for (var i = 0; i < coordinates.Length; i++)
        {
            var axis = (i % width) - 1;
            if (axis >= 0 && (coordinates[i] < 0 || coordinates[i] >= spatial_shape[axis]))
            {
                var row = coordinates.Slice(i / width * width, width).ToArray();
                throw new ArgumentException(
                    $"coordinates row {i / width} is ({string.Join(", ", row)}), must lie inside spatial_shape {spatial_shape}.",
                    nameof(coordinates)
                );
            }
        }
    }
}
