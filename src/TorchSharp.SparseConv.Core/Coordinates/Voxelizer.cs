using System.Numerics;
using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv.Core;

/// <summary>Points to voxels.</summary>
public static class Voxelizer
{
    /// <summary>
    /// The voxels <c>floor(point / voxelSize)</c>, computed in double, of <paramref name="points"/> <c>[n, Dimensions]</c>, each
    /// once, and for every point the row of its voxel. <paramref name="batch"/> is the batch index of each point, or empty for 0;
    /// <paramref name="voxelSize"/> one size or one per axis. Throws ArgumentException naming the first point that is not finite
    /// or whose voxel is beyond 32 bits.
    /// </summary>
    [OverloadResolutionPriority(1)]
    public static (CoordinateMap Map, long[] VoxelOfPoint) Voxelize(
        CoordinateManager manager,
        ReadOnlySpan<float> points,
        ReadOnlySpan<int> batch,
        ReadOnlySpan<double> voxelSize,
        PerAxis? spatialShape = null
    ) => Voxelize<float>(manager, points, batch, voxelSize, spatialShape);

    /// <summary>The same for points in float64, whose full precision decides the voxel.</summary>
    public static (CoordinateMap Map, long[] VoxelOfPoint) Voxelize(
        CoordinateManager manager,
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        ReadOnlySpan<double> voxelSize,
        PerAxis? spatialShape = null
    ) => Voxelize<double>(manager, points, batch, voxelSize, spatialShape);

    private static (CoordinateMap Map, long[] VoxelOfPoint) Voxelize<T>(
        CoordinateManager manager,
        ReadOnlySpan<T> points,
        ReadOnlySpan<int> batch,
        ReadOnlySpan<double> voxelSize,
        PerAxis? spatialShape
    )
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(manager);
        var dimensions = manager.Dimensions;
        var count = Count(points, batch, dimensions);
        Span<double> size = stackalloc double[dimensions];
        Expand(voxelSize, size);
        var coordinates = new int[(long)count * (1 + dimensions)];
        for (var point = 0; point < count; point++)
        {
            var row = coordinates.AsSpan(point * (1 + dimensions), 1 + dimensions);
            row[0] = batch.IsEmpty ? 0 : batch[point];
            for (var axis = 0; axis < dimensions; axis++)
                row[1 + axis] = Cell(points, point, axis, size);
        }
        var voxelOfPoint = new long[count];
        var map = manager.InsertMerged(coordinates, voxelOfPoint, spatialShape: spatialShape);
        return (map, voxelOfPoint);
    }

    private static int Count<T>(ReadOnlySpan<T> points, ReadOnlySpan<int> batch, int dimensions)
    {
        if (points.Length % dimensions != 0)
            throw new ArgumentException(
                $"points has {points.Length} elements, must be rows of {dimensions}.",
                nameof(points)
            );
        var count = points.Length / dimensions;
        if (!batch.IsEmpty && batch.Length != count)
            throw new ArgumentException(
                $"batch has {batch.Length} elements, must have one for each of {count} points, or none.",
                nameof(batch)
            );
        return count;
    }

    private static void Expand(ReadOnlySpan<double> voxelSize, Span<double> size)
    {
        if (voxelSize.Length != 1 && voxelSize.Length != size.Length)
            throw new ArgumentException(
                $"voxelSize has {voxelSize.Length} values, must have one or {size.Length}.",
                nameof(voxelSize)
            );
        for (var axis = 0; axis < size.Length; axis++)
        {
            size[axis] = voxelSize[voxelSize.Length == 1 ? 0 : axis];
            if (!(size[axis] > 0 && double.IsFinite(size[axis])))
                throw new ArgumentOutOfRangeException(
                    nameof(voxelSize),
                    size[axis],
                    $"voxelSize is {size[axis]} on axis {axis}, must be finite and above 0."
                );
        }
    }

    private static int Cell<T>(ReadOnlySpan<T> points, int point, int axis, ReadOnlySpan<double> size)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var value = points[(point * size.Length) + axis];
        if (!T.IsFinite(value))
            throw new ArgumentException(
                $"points has {value} on axis {axis} of point {point}, must be finite.",
                nameof(points)
            );
        var cell = Math.Floor(double.CreateChecked(value) / size[axis]);
        if (cell is < int.MinValue or > int.MaxValue)
            throw new ArgumentException(
                $"points has {value} on axis {axis} of point {point}, which with voxelSize {size[axis]} is voxel {cell}, must be "
                    + "within 32 bits.",
                nameof(points)
            );
        return (int)cell;
    }
}
