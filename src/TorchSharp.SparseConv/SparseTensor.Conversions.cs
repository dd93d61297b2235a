using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    private static readonly Scalar One = 1;

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
        var voxels = Voxelized.Make(points, features, voxel_size, new VoxelizationOptions(), batch, batch_size);
        voxel_of_point = torch.tensor(voxels.Points.VoxelOfPoint, torch.ScalarType.Int64);
        return voxels.Tensor;
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

        TensorMemory.RequireCpu(dense, nameof(dense));
        using var scope = torch.NewDisposeScope();
        var axes = (int)dense.ndim - 2;
        var shape = new PerAxis([.. dense.shape.Skip(2).Select(size => checked((int)size))]);
        var rows = dense.permute(Shapes.ChannelsLast(axes)).reshape(-1, dense.shape[1]);
        using Scalar limit = threshold;
        var active = rows.detach().abs().le(limit).all(1).logical_not().nonzero().reshape(-1);
        var values = rows.index_select(0, active).MoveToOuterDisposeScope();
        var level = new CoordinateManager(axes).Insert(Unravel(active, shape), stride: null, spatialShape: shape);
        return new SparseTensor(values, level, checked((int)dense.shape[0]));
    }

    /// <summary>
    /// The dense tensor [B, C, d0, d1, ...], zero where there is no voxel. The shape is the one given, else this
    /// tensor's own, else just large enough. Differentiable. Throws ArgumentException where a voxel lies outside.
    /// </summary>
    public torch.Tensor dense(PerAxis? spatial_shape = null)
    {
        var (rows, shape) = RowsInShape(spatial_shape);
        using var scope = torch.NewDisposeScope();
        var cells = torch.tensor(Ravel(rows, shape), torch.ScalarType.Int64);
        var empty = torch.zeros(
            new[] { checked(batch_size * Shapes.Volume(shape)), channels },
            features.dtype,
            features.device
        );
        return empty
            .index_copy(0, cells, features)
            .view(Shapes.Dense(batch_size, shape, channels))
            .permute(Shapes.ChannelsFirst(dimensions))
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    /// <summary>Cells of a dense tensor, batch-major, to rows (batch, d0, d1, ...).</summary>
    private static int[] Unravel(torch.Tensor cells, PerAxis shape)
    {
        var width = 1 + shape.Count;
        var linear = cells.data<long>().ToArray();
        var rows = new int[checked(linear.Length * width)];
        for (var i = 0; i < linear.Length; i++)
        {
            var rest = linear[i];
            for (var axis = shape.Count - 1; axis >= 0; axis--)
            {
                (rest, var coordinate) = Math.DivRem(rest, shape[axis]);
                rows[(i * width) + 1 + axis] = (int)coordinate;
            }

            rows[i * width] = (int)rest;
        }

        return rows;
    }

    private static long[] Ravel(ReadOnlySpan<int> rows, PerAxis shape)
    {
        var width = 1 + shape.Count;
        var cells = new long[rows.Length / width];
        for (var i = 0; i < cells.Length; i++)
        {
            long cell = rows[i * width];
            for (var axis = 0; axis < shape.Count; axis++)
            {
                cell = checked((cell * shape[axis]) + rows[(i * width) + 1 + axis]);
            }

            cells[i] = cell;
        }

        return cells;
    }

    private static PerAxis Extent(ReadOnlySpan<int> rows, int dimensions)
    {
        var extent = new int[dimensions];
        for (var i = 0; i < rows.Length; i++)
        {
            var axis = (i % (1 + dimensions)) - 1;
            if (axis >= 0)
            {
                extent[axis] = Math.Max(extent[axis], checked(rows[i] + 1));
            }
        }

        return new PerAxis(extent);
    }
}
