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
    )
    {
        var wide = new double[points.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = points[i];
        return Voxelize(manager, wide, batch, voxelSize, spatialShape);
    }

    /// <summary>The same for points in float64, whose full precision decides the voxel.</summary>
    public static (CoordinateMap Map, long[] VoxelOfPoint) Voxelize(
        CoordinateManager manager,
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        ReadOnlySpan<double> voxelSize,
        PerAxis? spatialShape = null
    )
    {
        ArgumentNullException.ThrowIfNull(manager);
        var grid = new VoxelGrid(new VoxelizerOptions { VoxelSize = voxelSize.ToArray() }, manager.Dimensions);
        var count = Checks.Points(points, batch, manager.Dimensions);
        var coordinates = new int[checked(count * (1 + manager.Dimensions))];
        grid.Fill(points, batch, new double[points.Length], coordinates, new int[count]);
        var voxelOfPoint = new long[count];
        var map = manager.InsertMerged(coordinates, voxelOfPoint, spatialShape: spatialShape);
        return (map, voxelOfPoint);
    }

    /// <summary>
    /// The voxels <c>floor((point - origin) / voxelSize)</c> of <paramref name="points"/> <c>[n, Dimensions]</c>, each once, in
    /// double, without the points that <paramref name="options"/> leave out. <paramref name="batch"/> is the batch index of each
    /// point, or empty for 0. Throws ArgumentException naming the first point that is not finite (in range or not), has a
    /// negative batch index, or is in a voxel beyond 32 bits, and for options that do not fit the manager's dimensions.
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
        var count = Checks.Points(points, batch, manager.Dimensions);
        RequireBatches(batch);
        var lattice = new double[points.Length];
        var coordinates = new int[checked(count * (1 + manager.Dimensions))];
        var batches = new int[count];
        grid.Fill(points, batch, lattice, coordinates, batches);
        if (options.MaxVoxels is { } most)
            DropLateVoxels(coordinates, batches, manager.Dimensions, most);
        var voxelOfPoint = new long[count];
        var map = InsertKept(manager, coordinates, batches, voxelOfPoint, options.SpatialShape);
        return new VoxelizedPoints(map, voxelOfPoint, lattice, batches);
    }

    private static void RequireBatches(ReadOnlySpan<int> batch)
    {
        for (var point = 0; point < batch.Length; point++)
        {
            if (batch[point] < 0)
                throw new ArgumentException(
                    $"batch has batch index {batch[point]} at point {point}, must be 0 or more.",
                    nameof(batch)
                );
        }
    }

    // Marks the points of all voxels of a scan but the first `most`, counted in the order of points.
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
                continue;
            if (!seen[row])
            {
                seen[row] = true;
                var before = voxels.GetValueOrDefault(batches[point]);
                kept[row] = before < most;
                voxels[batches[point]] = before + 1;
            }
            if (!kept[row])
                batches[point] = -1;
        }
    }

    // A level of the points with a batch index of 0 or more; -1 is the row of the others.
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
            return manager.InsertMerged(coordinates, voxelOfPoint, spatialShape: spatialShape);
        var rows = new int[kept * columns];
        for (int point = 0, to = 0; point < batches.Length; point++)
        {
            if (batches[point] < 0)
                continue;
            coordinates.AsSpan(point * columns, columns).CopyTo(rows.AsSpan(to * columns));
            to++;
        }
        var merged = new long[kept];
        var map = manager.InsertMerged(rows, merged, spatialShape: spatialShape);
        for (int point = 0, from = 0; point < batches.Length; point++)
            voxelOfPoint[point] = batches[point] < 0 ? -1 : merged[from++];
        return map;
    }
}
