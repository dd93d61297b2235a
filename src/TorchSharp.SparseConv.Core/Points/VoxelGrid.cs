namespace TorchSharp.SparseConv.Core;

/// <summary>
/// The lattice that voxelizer options describe, once they are checked, and the voxels of points on it.
/// </summary>
internal sealed class VoxelGrid
{
    private readonly int _dimensions;

    internal VoxelGrid(VoxelizerOptions options, int dimensions)
    {
        _dimensions = dimensions;
        Size = Sizes(options.VoxelSize, dimensions);
        Origin = Corner(options.Origin, dimensions, "origin", 0);
        Low = Corner(options.Low, dimensions, "low", double.NegativeInfinity);
        High = Corner(options.High, dimensions, "high", double.PositiveInfinity);
        CheckRange(Low, High);
        Shape = options.SpatialShape is { } shape
            ? Checks.AtLeast(1, shape.Expand(dimensions, "spatialShape"), "spatialShape")
            : null;
    }

    /// <summary>The edge length of a voxel on each axis.</summary>
    internal double[] Size { get; }

    /// <summary>The lowest corner of voxel 0.</summary>
    internal double[] Origin { get; }

    /// <summary>The lowest corner of the range that is kept, inclusive.</summary>
    internal double[] Low { get; }

    /// <summary>The highest corner of the range that is kept, exclusive.</summary>
    internal double[] High { get; }

    /// <summary>The number of voxels that are kept on each axis, counted from 0, or null for all.</summary>
    internal PerAxis? Shape { get; }

    /// <summary>
    /// Writes each point in units of voxels, its voxel (batch, d0, ...), and its batch index, which is -1 for a point
    /// to drop.
    /// </summary>
    internal void Fill(
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        Span<double> lattice,
        Span<int> coordinates,
        Span<int> batches
    )
    {
        Checks.Finite(points, _dimensions, nameof(points));
        for (var point = 0; point < batches.Length; point++)
        {
            var row = coordinates.Slice(point * (1 + _dimensions), 1 + _dimensions);
            row[0] = batch.IsEmpty ? 0 : batch[point];
            batches[point] = row[0];
            for (var axis = 0; axis < _dimensions; axis++)
            {
                var index = (point * _dimensions) + axis;
                var value = points[index];
                lattice[index] = (value - Origin[axis]) / Size[axis];
                var cell = Math.Floor(lattice[index]);
                if (batches[point] < 0 || IsOutside(axis, value, cell))
                {
                    batches[point] = -1;
                    continue;
                }
                if (cell is < int.MinValue or > int.MaxValue)
                {
                    throw new ArgumentException(
                        $"points has {value} on axis {axis} of point {point}, which with voxelSize {Size[axis]} is voxel {cell}, "
                            + "must be within 32 bits.",
                        nameof(points)
                    );
                }

                row[1 + axis] = (int)cell;
            }
        }
    }

    private bool IsOutside(int axis, double value, double cell) =>
        !(value >= Low[axis] && value < High[axis]) || (Shape is { } shape && !(cell >= 0 && cell < shape[axis]));

    private static void CheckRange(double[] low, double[] high)
    {
        for (var axis = 0; axis < low.Length; axis++)
        {
            if (!(low[axis] < high[axis]))
            {
                throw new ArgumentException(
                    $"high is {high[axis]} on axis {axis}, must be above low, {low[axis]}.",
                    nameof(high)
                );
            }
        }
    }

    private static double[] Sizes(IReadOnlyList<double> voxelSize, int dimensions)
    {
        if (voxelSize.Count != 1 && voxelSize.Count != dimensions)
        {
            throw new ArgumentException(
                $"voxelSize has {voxelSize.Count} values, must have one or {dimensions}.",
                nameof(voxelSize)
            );
        }

        var size = new double[dimensions];
        for (var axis = 0; axis < size.Length; axis++)
        {
            size[axis] = voxelSize[voxelSize.Count == 1 ? 0 : axis];
            if (!(size[axis] > 0 && double.IsFinite(size[axis])))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(voxelSize),
                    size[axis],
                    $"voxelSize is {size[axis]} on axis {axis}, must be finite and above 0."
                );
            }
        }
        return size;
    }

    private static double[] Corner(IReadOnlyList<double> values, int dimensions, string name, double absent)
    {
        if (values.Count == 0)
        {
            var all = new double[dimensions];
            Array.Fill(all, absent);
            return all;
        }
        if (values.Count != dimensions)
        {
            throw new ArgumentException(
                $"{name} has {values.Count} values, must have one for each of {dimensions} axes.",
                name
            );
        }

        for (var axis = 0; axis < dimensions; axis++)
        {
            if (!double.IsFinite(values[axis]))
            {
                throw new ArgumentException($"{name} is {values[axis]} on axis {axis}, must be finite.", name);
            }
        }
        return [.. values];
    }
}
