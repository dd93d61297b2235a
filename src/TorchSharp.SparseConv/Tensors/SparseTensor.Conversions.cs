using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    /// <summary>
    /// Voxels of points [n, D]: floor(point / voxel_size) on each axis; a voxel's features [N, C] are the mean of its
    /// points' features [n, C], or 1 where there are none. batch [n] holds each point's batch index, 0 where null; a
    /// batch_size of 0 stands for 1 + the largest. Differentiable in the features. Throws ArgumentException for NaN or
    /// infinite points (named), and shapes that do not fit.
    /// </summary>
    public static SparseTensor from_points(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelSize voxel_size,
        torch.Tensor? batch = null,
        int batch_size = 0
    )
    {
        var result = from_points(points, features, voxel_size, out var voxel_of_point, batch, batch_size);
        voxel_of_point.Dispose();
        return result;
    }

    /// <summary>
    /// The same, and voxel_of_point: an int64 tensor [n] with the row of each point's voxel, so that
    /// <c>y.features.index_select(0, voxel_of_point)</c> carries results back to the points.
    /// </summary>
    public static SparseTensor from_points(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelSize voxel_size,
        out torch.Tensor voxel_of_point,
        torch.Tensor? batch = null,
        int batch_size = 0
    )
    {
        using var scope = torch.NewDisposeScope();
        var voxels = Voxelized.Make(points, features, voxel_size, new VoxelizationOptions(), batch, batch_size);
        voxel_of_point = voxels.Points.VoxelOfPoint.MoveToOuterDisposeScope();
        return voxels.Tensor.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The voxels of a dense tensor [B, C, d0, d1, ...] where any channel is further from 0 than the threshold (or not
    /// a number), in row-major order. Differentiable; the spatial shape is the tensor's.
    /// </summary>
    public static SparseTensor from_dense(torch.Tensor dense, double threshold = 0)
    {
        ArgumentNullException.ThrowIfNull(dense);
        if (dense.ndim is < 3 or > 6 || !dense.is_floating_point())
        {
            throw new ArgumentException(
                $"dense is {dense.dtype} of shape {Shapes.Text(dense.shape)}, must be floating point [batch, channels, d0, ...] with 1 to 4 spatial axes.",
                nameof(dense)
            );
        }

        var device = Devices.Of(dense, nameof(dense));
        using var scope = torch.NewDisposeScope();
        var axes = (int)dense.ndim - 2;
        var batches = checked((int)dense.shape[0]);
        var shape = new PerAxis([.. dense.shape.Skip(2).Select(size => checked((int)size))]);
        var rows = dense.permute(Shapes.ChannelsLast(axes)).reshape(-1, dense.shape[1]);
        using Scalar limit = threshold;
        var active = rows.detach().abs().le(limit).all(1).logical_not();
        var voxels = active.reshape([batches, .. dense.shape[2..]]).nonzero();
        var level = CoordinateRows.Insert(
            new CoordinateManager(axes, device),
            voxels,
            ref batches,
            stride: null,
            shape
        );
        var values = rows.index_select(0, active.nonzero().reshape(-1));
        return new SparseTensor(values, level, batches).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The dense tensor [B, C, d0, d1, ...], zero where there is no voxel. The shape is the one given, else this
    /// tensor's own, else just large enough. Differentiable. Throws ArgumentException where a voxel lies outside.
    /// </summary>
    public torch.Tensor dense(PerAxis? spatial_shape = null)
    {
        var shape = ShapeOf(spatial_shape);
        using var scope = torch.NewDisposeScope();
        var sites = checked(batch_size * Shapes.Volume(shape));
        var cells = Cells(shape);
        var empty = torch.zeros(new[] { sites, channels }, features.dtype, features.device);
        return empty
            .index_copy(0, cells, features)
            .view(Shapes.Dense(batch_size, shape, channels))
            .permute(Shapes.ChannelsFirst(dimensions))
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The shape given, else this tensor's own, else just large enough; refuses one that a voxel is outside of.
    /// </summary>
    private PerAxis ShapeOf(PerAxis? given)
    {
        var shape = (given ?? spatial_shape ?? Extent(map)).Expand(dimensions);
        CoordinateRows.RequireInside(map, shape);
        return shape;
    }

    /// <summary>
    /// The place of each voxel in a dense tensor, batch-major, as int64 [N]; temporaries go to the current scope.
    /// </summary>
    private torch.Tensor Cells(PerAxis shape)
    {
        var steps = new long[1 + dimensions];
        steps[^1] = 1;
        for (var axis = dimensions; axis > 0; axis--)
        {
            steps[axis - 1] = checked(steps[axis] * shape[axis - 1]);
        }

        var weights = torch.tensor(steps, torch.ScalarType.Int64, features.device);
        return coordinates.to_type(torch.ScalarType.Int64).mul(weights).sum(dim: 1);
    }

    private static PerAxis Extent(CoordinateMap map) =>
        new([.. map.Bounds().High.Skip(1).Select(high => Math.Max(0, checked(high + 1)))]);
}
