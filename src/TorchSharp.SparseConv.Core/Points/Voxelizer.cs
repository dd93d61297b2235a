namespace TorchSharp.SparseConv.Core;

/// <summary>Finds the voxels that hold points.</summary>
public static class Voxelizer
{
    /// <summary>
    /// Makes a level of the voxels <c>floor((point - origin) / voxelSize)</c> of <paramref name="points"/>
    /// <c>[n, Dimensions]</c>, each once, computed in double, without the points that <paramref name="options"/> leave
    /// out. <paramref name="batch"/> is the batch index of each point, or empty for 0. Throws ArgumentException naming
    /// the first point that is not finite (in range or not), has a negative batch index, or is in a voxel beyond 32
    /// bits, and for options that do not fit the manager's dimensions.
    /// </summary>
    public static VoxelizedPoints Voxelize(
        CoordinateManager manager,
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        VoxelizerOptions options
    )
    {
        ArgumentNullException.ThrowIfNull(manager);
        ArgumentNullException.ThrowIfNull(options);
        var grid = new VoxelGrid(options, manager.Dimensions);
        var count = checked((int)Checks.Points(points.Length, batch.Length, manager.Dimensions));
        RequireBatches(batch);
        var lattice = new double[points.Length];
        var coordinates = new int[checked(count * (1 + manager.Dimensions))];
        var batches = new int[count];
        grid.Fill(points, batch, lattice, coordinates, batches);
        if (options.MaxVoxels is { } most)
        {
            DropLateVoxels(coordinates, batches, manager.Dimensions, most);
        }

        var voxelOfPoint = new long[count];
        var map = InsertKept(manager, coordinates, batches, voxelOfPoint, options.SpatialShape);
        return new VoxelizedPoints(map, voxelOfPoint, lattice, batches);
    }

    /// <summary>The same for points in float32.</summary>
    public static VoxelizedPoints Voxelize(
        CoordinateManager manager,
        ReadOnlySpan<float> points,
        ReadOnlySpan<int> batch,
        VoxelizerOptions options
    )
    {
        var wide = new double[points.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = points[i];
        }

        return Voxelize(manager, wide, batch, options);
    }

    private static void RequireBatches(ReadOnlySpan<int> batch)
    {
        for (var point = 0; point < batch.Length; point++)
        {
            if (batch[point] < 0)
            {
                throw new ArgumentException(
                    $"batch has batch index {batch[point]} at point {point}, must be 0 or more.",
                    nameof(batch)
                );
            }
        }
    }

    // Drops all points of a scan that are not in one of its first `most` voxels, in the order of points, by batch index
    // -1.
    private static void DropLateVoxels(int[] coordinates, int[] batches, int dimensions, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        using var scratch = new CoordinateManager(dimensions);
        var voxelOfPoint = new long[batches.Length];
        var map = InsertKept(scratch, coordinates, batches, voxelOfPoint, spatialShape: null);
        var seen = new bool[map.Rows];
        var kept = new bool[map.Rows];
        var voxels = new Dictionary<int, int>();
        for (var point = 0; point < batches.Length; point++)
        {
            var row = voxelOfPoint[point];
            if (row < 0)
            {
                continue;
            }

            if (!seen[row])
            {
                seen[row] = true;
                var before = voxels.GetValueOrDefault(batches[point]);
                kept[row] = before < most;
                voxels[batches[point]] = before + 1;
            }
            if (!kept[row])
            {
                batches[point] = -1;
            }
        }
    }

    // Makes a level of the points with a batch index of 0 or more. The others get row -1.
    private static CoordinateMap InsertKept(
        CoordinateManager manager,
        int[] coordinates,
        int[] batches,
        long[] voxelOfPoint,
        PerAxis? spatialShape
    )
    {
        var columns = 1 + manager.Dimensions;
        var kept = batches.Count(batch => batch >= 0);
        if (kept == batches.Length)
        {
            return manager.InsertMerged(coordinates, voxelOfPoint, spatialShape: spatialShape);
        }

        var rows = new int[kept * columns];
        for (int point = 0, to = 0; point < batches.Length; point++)
        {
            if (batches[point] < 0)
            {
                continue;
            }

            coordinates.AsSpan(point * columns, columns).CopyTo(rows.AsSpan(to * columns));
            to++;
        }
        var merged = new long[kept];
        var map = manager.InsertMerged(rows, merged, spatialShape: spatialShape);
        for (int point = 0, from = 0; point < batches.Length; point++)
        {
            voxelOfPoint[point] = batches[point] < 0 ? -1 : merged[from++];
        }

        return map;
    }
}

/// <summary>How points become voxels, and which points are left out.</summary>
public sealed class VoxelizerOptions
{
    /// <summary>The edge lengths of a voxel in units of the points, one or one per axis; positive and finite.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    /// <summary>The lowest corner of voxel 0, one number per axis, or none for zeros.</summary>
    public IReadOnlyList<double> Origin { get; init; } = [];

    /// <summary>The lowest corner of the range, inclusive, one number per axis, or none for no limit.</summary>
    public IReadOnlyList<double> Low { get; init; } = [];

    /// <summary>The highest corner of the range, exclusive, one number per axis, or none for no limit.</summary>
    public IReadOnlyList<double> High { get; init; } = [];

    /// <summary>The spatial shape of the level, or null for none. Points in voxels outside it are dropped.</summary>
    public PerAxis? SpatialShape { get; init; }

    /// <summary>
    /// The largest number of voxels of a scan, or null for no limit. The voxels that come first in the order of points
    /// are kept, and the points of the others are dropped.
    /// </summary>
    public int? MaxVoxels { get; init; }
}

/// <summary>Points and the voxels that hold them.</summary>
public sealed class VoxelizedPoints
{
    internal VoxelizedPoints(CoordinateMap map, long[] voxelOfPoint, double[] lattice, int[] batch)
    {
        Map = map;
        VoxelOfPoint = voxelOfPoint;
        Lattice = lattice;
        Batch = batch;
        Dropped = voxelOfPoint.LongCount(row => row < 0);
    }

    /// <summary>The voxels, each once, in an order that depends on the set of them alone.</summary>
    public CoordinateMap Map { get; }

    /// <summary>The row of each point's voxel, -1 for a dropped point.</summary>
    public long[] VoxelOfPoint { get; }

    /// <summary>The points in units of the level, <c>[n, Dimensions]</c>: the floor of a point is its voxel.</summary>
    public double[] Lattice { get; }

    /// <summary>The batch index of each point, -1 for a dropped point.</summary>
    public int[] Batch { get; }

    /// <summary>The number of points in no voxel.</summary>
    public long Dropped { get; }
}
