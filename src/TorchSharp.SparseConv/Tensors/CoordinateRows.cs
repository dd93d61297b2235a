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

    /// <summary>
    /// A new level of the manager, whose device the coordinates must be on; finds the batch size where it is 0, and
    /// refuses what lies outside before anything changes.
    /// </summary>
    internal static CoordinateMap Insert(
        CoordinateManager manager,
        torch.Tensor coordinates,
        ref int batch_size,
        PerAxis? stride,
        PerAxis? spatial_shape
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch_size);
        Devices.Require(coordinates, nameof(coordinates), manager);
        using var scope = torch.NewDisposeScope();
        using var memory = new BorrowedMemory();
        var map = manager.Insert(
            memory.Array<int>(TensorMemory.AsInt32(coordinates, nameof(coordinates)), nameof(coordinates)),
            stride,
            spatial_shape,
            batch_size > 0 ? batch_size : null
        );
        batch_size = batch_size > 0 ? batch_size : checked(map.Bounds().High[0] + 1);
        return map;
    }

    /// <summary>The same level again for the same coordinates, which pass through the host.</summary>
    internal static CoordinateMap InsertOnce(
        CoordinateManager manager,
        torch.Tensor coordinates,
        int batch_size,
        PerAxis? stride,
        PerAxis? spatial_shape
    )
    {
        Devices.Require(coordinates, nameof(coordinates), manager);
        var rows = TensorMemory.ToInt32(coordinates, nameof(coordinates));
        return manager.InsertOnce(rows, stride, spatial_shape, batch_size);
    }

    /// <summary>A new int32 tensor [N, 1 + D] of a level's coordinates, on its device.</summary>
    internal static torch.Tensor Of(CoordinateMap map)
    {
        var tensor = torch.empty(new[] { map.Rows, 1L + map.Dimensions }, torch.ScalarType.Int32, Devices.Of(map));
        using var memory = new BorrowedMemory();
        map.CopyCoordinates(memory.Array<int>(tensor, nameof(tensor)));
        return tensor;
    }

    /// <summary>
    /// The row in a level of each of a contiguous int32 tensor of coordinates, -1 for none: a new int64 tensor on their
    /// device.
    /// </summary>
    internal static torch.Tensor Find(CoordinateMap map, torch.Tensor coordinates)
    {
        var rows = torch.empty(new[] { coordinates.shape[0] }, torch.ScalarType.Int64, coordinates.device);
        using var memory = new BorrowedMemory();
        map.Find(memory.Array<int>(coordinates, nameof(coordinates)), memory.Array<long>(rows, nameof(rows)));
        return rows;
    }

    /// <summary>Refuses a level of which a voxel is outside of 0 &lt;= coordinate &lt; shape.</summary>
    internal static void RequireInside(CoordinateMap map, PerAxis spatial_shape)
    {
        var (low, high) = map.Bounds();
        if (map.Rows == 0 || (low.Skip(1).All(value => value >= 0) && high.Skip(1).Zip(spatial_shape).All(Fits)))
        {
            return;
        }

        var (coordinates, width) = (map.Coordinates(), 1 + map.Dimensions);
        var outside = Enumerable
            .Range(0, coordinates.Length)
            .First(i => i % width > 0 && (coordinates[i] < 0 || coordinates[i] >= spatial_shape[(i % width) - 1]));
        var row = coordinates.AsSpan(outside / width * width, width).ToArray();
        throw new ArgumentException(
            $"coordinates row {outside / width} is ({string.Join(", ", row)}), must lie inside spatial_shape {spatial_shape}.",
            nameof(spatial_shape)
        );

        static bool Fits((int High, int Size) axis) => axis.High < axis.Size;
    }
}
