using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Points and the voxels that hold them, found on the points' device. Tensors belong to the scope that was current when
/// they were made.
/// </summary>
internal sealed class PlacedPoints
{
    private static readonly Scalar Least = int.MinValue;
    private static readonly Scalar Most = int.MaxValue;
    private static readonly Scalar Dropped = -1;

    private PlacedPoints(
        CoordinateMap map,
        torch.Tensor voxelOfPoint,
        torch.Tensor lattice,
        torch.Tensor batch,
        long kept
    )
    {
        Map = map;
        VoxelOfPoint = voxelOfPoint;
        Lattice = lattice;
        Batch = batch;
        Kept = kept;
    }

    /// <summary>The voxels, each once, in an order that depends on the set of them alone.</summary>
    internal CoordinateMap Map { get; }

    /// <summary>The row of each point's voxel, int64 [n], -1 for a dropped point.</summary>
    internal torch.Tensor VoxelOfPoint { get; }

    /// <summary>The points in units of the level, float64 [n, D]: their voxel is the floor.</summary>
    internal torch.Tensor Lattice { get; }

    /// <summary>The batch index of each point, int32 [n], -1 for a dropped point.</summary>
    internal torch.Tensor Batch { get; }

    /// <summary>The number of points that are in a voxel.</summary>
    internal long Kept { get; }

    /// <summary>
    /// What <see cref="Voxelizer"/> makes of the same points, batch indices (or null for 0) and options. Through the
    /// host where the number of voxels is limited, and where a point is refused and has to be named.
    /// </summary>
    internal static PlacedPoints Make(
        CoordinateManager manager,
        torch.Tensor points,
        torch.Tensor? batch,
        VoxelizerOptions options
    ) =>
        (options.MaxVoxels is null ? Place(manager, points, batch, new VoxelGrid(options, manager.Dimensions)) : null)
        ?? Voxelize(manager, points, batch, options);

    /// <summary>The links of each point to its voxel.</summary>
    internal PointLinks Links()
    {
        using var memory = new BorrowedMemory();
        return PointLinks.FromRows(Map, memory.Array<long>(VoxelOfPoint, nameof(VoxelOfPoint)));
    }

    // Null where a point is not finite, has a negative batch index, or is in a voxel beyond 32 bits.
    private static PlacedPoints? Place(
        CoordinateManager manager,
        torch.Tensor points,
        torch.Tensor? batch,
        VoxelGrid grid
    )
    {
        var wide = points.detach().to_type(torch.ScalarType.Float64);
        var batches = batch is null
            ? torch.zeros(new[] { points.shape[0] }, torch.ScalarType.Int32, points.device)
            : TensorMemory.AsInt32(batch, nameof(batch));
        if (ReferenceEquals(batches, batch))
        {
            batches = batches.clone();
        }

        var lattice = wide.sub(Row(grid.Origin, points)).div(Row(grid.Size, points));
        var cells = lattice.floor();
        var kept = Inside(wide, cells, grid);

        // Of a point that is not finite neither comparison holds.
        var fits = cells.ge(Least).logical_and(cells.le(Most)).all(1);
        if (kept is not null)
        {
            fits = fits.logical_or(kept.logical_not()).logical_and(wide.isfinite().all(1));
        }

        if (!fits.logical_and(batches.ge(Scalars.Zero)).all().item<bool>())
        {
            return null;
        }

        var voxels = torch.cat([batches.unsqueeze(1), cells.to_type(torch.ScalarType.Int32)], 1);
        if (kept is null)
        {
            var found = Insert(manager, voxels, grid.Shape, out var map);
            return new PlacedPoints(map, found, lattice, batches, points.shape[0]);
        }

        var rows = kept.nonzero().reshape(-1);
        var some = Insert(manager, voxels.index_select(0, rows), grid.Shape, out var level);
        var all = torch.full_like(batches, Dropped, torch.ScalarType.Int64).index_copy(0, rows, some);
        return new PlacedPoints(level, all, lattice, batches.masked_fill(kept.logical_not(), Dropped), rows.shape[0]);
    }

    // [n], or null where nothing limits the points.
    private static torch.Tensor? Inside(torch.Tensor points, torch.Tensor cells, VoxelGrid grid)
    {
        if (grid.Shape is null && grid.Low.All(double.IsInfinity) && grid.High.All(double.IsInfinity))
        {
            return null;
        }

        var inside = points.ge(Row(grid.Low, points)).logical_and(points.lt(Row(grid.High, points)));
        if (grid.Shape is { } shape)
        {
            double[] sizes = [.. shape.Select(size => (double)size)];
            inside = inside.logical_and(cells.ge(Scalars.Zero)).logical_and(cells.lt(Row(sizes, points)));
        }

        return inside.all(1);
    }

    private static torch.Tensor Row(double[] values, torch.Tensor beside) =>
        torch.tensor(values, torch.ScalarType.Float64, beside.device);

    // Gives the row of each voxel given.
    private static torch.Tensor Insert(
        CoordinateManager manager,
        torch.Tensor voxels,
        PerAxis? shape,
        out CoordinateMap map
    )
    {
        var rows = torch.empty(new[] { voxels.shape[0] }, torch.ScalarType.Int64, voxels.device);
        using var memory = new BorrowedMemory();
        map = manager.InsertMerged(
            memory.Array<int>(voxels, nameof(voxels)),
            memory.Array<long>(rows, nameof(rows)),
            spatialShape: shape
        );
        return rows;
    }

    private static PlacedPoints Voxelize(
        CoordinateManager manager,
        torch.Tensor points,
        torch.Tensor? batch,
        VoxelizerOptions options
    )
    {
        var voxels = Voxelizer.Voxelize(
            manager,
            TensorMemory.ToDouble(points, nameof(points)),
            batch is null ? [] : TensorMemory.ToInt32(batch, nameof(batch)),
            options
        );
        var device = points.device;
        return new PlacedPoints(
            voxels.Map,
            torch.tensor(voxels.VoxelOfPoint, torch.ScalarType.Int64, device),
            torch.tensor(voxels.Lattice, points.shape, torch.ScalarType.Float64, device),
            torch.tensor(voxels.Batch, torch.ScalarType.Int32, device),
            points.shape[0] - voxels.Dropped
        );
    }
}
