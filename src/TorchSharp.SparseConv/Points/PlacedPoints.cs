using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Points and the voxels that hold them, found on the points' device. Tensors belong to the scope that was current when they
/// were made.
/// </summary>
internal sealed class PlacedPoints
{
    private static readonly Scalar Zero = 0;
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
    /// What <see cref="Voxelizer"/> makes of the same points, batch indices (or null for 0) and options. Through the host where
    /// the number of voxels is limited, and where a point is refused and has to be named.
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
        var links = PointLinks.FromRows(Map, TensorMemory.Array<long>(VoxelOfPoint, nameof(VoxelOfPoint)));
        GC.KeepAlive(this);
        return links;
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
        var lattice = wide.sub(Row(grid.Origin)).div(Row(grid.Size));
        var cells = lattice.floor();
        var inside = wide.ge(Row(grid.Low)).logical_and(wide.lt(Row(grid.High)));
        if (grid.Shape is { } shape)
        {
            inside = inside
                .logical_and(cells.ge(Zero))
                .logical_and(cells.lt(Row([.. shape.Select(size => (double)size)])));
        }

        var kept = inside.all(1);
        var beyond = cells.lt(Least).logical_or(cells.gt(Most)).any(1).logical_and(kept);
        var refused = wide.isfinite().all(1).logical_not().logical_or(batches.lt(Zero)).logical_or(beyond);
        if (refused.any().item<bool>())
        {
            return null;
        }

        var rows = kept.nonzero().reshape(-1);
        var all = rows.shape[0] == points.shape[0];
        var voxels = torch.cat([batches.unsqueeze(1), cells.to_type(torch.ScalarType.Int32)], 1);
        voxels = all ? voxels : voxels.index_select(0, rows);
        var found = torch.empty(new[] { rows.shape[0] }, torch.ScalarType.Int64, points.device);
        var map = manager.InsertMerged(
            TensorMemory.Array<int>(voxels, nameof(points)),
            TensorMemory.Array<long>(found, nameof(found)),
            spatialShape: grid.Shape
        );
        GC.KeepAlive(voxels);
        return new PlacedPoints(
            map,
            all ? found : torch.full_like(batches, Dropped, torch.ScalarType.Int64).index_copy(0, rows, found),
            lattice,
            all ? batches : batches.masked_fill(kept.logical_not(), Dropped),
            rows.shape[0]
        );

        torch.Tensor Row(double[] values) => torch.tensor(values, torch.ScalarType.Float64, points.device);
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
