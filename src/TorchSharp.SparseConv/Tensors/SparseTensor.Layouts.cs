using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    /// <summary>
    /// PyTorch's hybrid sparse COO tensor [batch, d0, d1, ..., C], whose last axis is dense: indices int64 [1 + D, N]
    /// in this tensor's order of rows, values [N, C]. The shape is the one given, else this tensor's own, else just
    /// large enough. A leaf without a way back to the features, as TorchSharp's factory makes it: <see cref="dense"/>
    /// is the differentiable one. Throws ArgumentException where a voxel lies outside.
    /// </summary>
    public torch.Tensor to_sparse_coo(PerAxis? spatial_shape = null)
    {
        var shape = ShapeOf(spatial_shape);
        using var scope = torch.NewDisposeScope();
        var indices = coordinates.transpose(0, 1).to_type(torch.ScalarType.Int64);
        return torch
            .sparse_coo_tensor(indices, features, Shapes.Dense(batch_size, shape, channels))
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// From PyTorch's hybrid sparse COO tensor [batch, d0, d1, ..., C] with 1 + D sparse axes and dense channels
    /// (<c>dense.to_sparse(sparse_dim: 1 + D)</c>). Equal indices are added up; rows are then in the library's own
    /// order. The spatial shape is the tensor's. Carries no gradient back to it.
    /// </summary>
    public static SparseTensor from_sparse_coo(torch.Tensor coo)
    {
        ArgumentNullException.ThrowIfNull(coo);
        if (!coo.is_sparse)
        {
            throw new ArgumentException("coo is a dense tensor, must be a sparse COO tensor.", nameof(coo));
        }

        using var scope = torch.NewDisposeScope();
        var (indices, values) = (coo.SparseIndices, coo.SparseValues);
        var axes = (int)indices.shape[0] - 1;
        if (axes is < 1 or > PerAxis.MaxCount || values.ndim != 2)
        {
            throw new ArgumentException(
                $"coo has {axes + 1} sparse axes and values {Shapes.Text(values.shape)}, must have the batch and 1 to 4 "
                    + "spatial axes sparse and the channels dense.",
                nameof(coo)
            );
        }

        var shape = new PerAxis([.. coo.shape.Skip(1).Take(axes).Select(size => checked((int)size))]);
        var voxels = TensorMemory.AsInt32(indices.transpose(0, 1), nameof(coo));
        var rows = torch.empty(new[] { values.shape[0] }, torch.ScalarType.Int64, coo.device);
        using var memory = new BorrowedMemory();
        var level = new CoordinateManager(axes, Devices.Of(coo, nameof(coo))).InsertMerged(
            memory.Array<int>(voxels, nameof(coo)),
            memory.Array<long>(rows, nameof(rows)),
            stride: null,
            spatialShape: shape
        );
        var wide = Precision.Widen(values);
        var sums = torch
            .zeros(new[] { level.Rows, values.shape[1] }, wide.dtype, wide.device)
            .index_add(0, rows, wide, Scalars.One);
        var merged = Precision.As(sums, values.dtype);
        return new SparseTensor(merged, level, checked((int)coo.shape[0])).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Compressed sparse rows: the matrix whose rows are (batch, d0, ..., all axes but the last, row-major) and whose
    /// columns are the last axis. crow_indices int64 [rows + 1], col_indices int64 [N] ascending within a row, values
    /// [N, C]. The shape is chosen as in <see cref="dense"/>. Indices pass through the host. Differentiable in the
    /// values.
    /// </summary>
    public (torch.Tensor crow_indices, torch.Tensor col_indices, torch.Tensor values) to_csr(
        PerAxis? spatial_shape = null
    )
    {
        var shape = ShapeOf(spatial_shape);
        using var scope = torch.NewDisposeScope();
        var cells = Cells(shape).data<long>().ToArray();
        var order = new long[cells.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(cells, order);
        long columns = shape[dimensions - 1];
        var starts = new long[checked((batch_size * Shapes.Volume(shape) / columns) + 1)];
        foreach (var cell in cells)
        {
            starts[(cell / columns) + 1]++;
        }

        for (var row = 1; row < starts.Length; row++)
        {
            starts[row] += starts[row - 1];
        }

        return (
            Index(starts).MoveToOuterDisposeScope(),
            Index([.. cells.Select(cell => cell % columns)]).MoveToOuterDisposeScope(),
            features.index_select(0, Index(order)).MoveToOuterDisposeScope()
        );

        torch.Tensor Index(long[] values) => torch.tensor(values, torch.ScalarType.Int64, features.device);
    }

    /// <summary>
    /// From compressed sparse rows as <see cref="to_csr"/> gives them, for batch_size scans of spatial_shape; keeps
    /// their order of rows, and is differentiable in the values. Indices pass through the host. Throws
    /// ArgumentException where lengths, indices or devices do not fit.
    /// </summary>
    public static SparseTensor from_csr(
        torch.Tensor crow_indices,
        torch.Tensor col_indices,
        torch.Tensor values,
        int batch_size,
        PerAxis spatial_shape
    )
    {
        ArgumentNullException.ThrowIfNull(crow_indices);
        ArgumentNullException.ThrowIfNull(col_indices);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(batch_size);
        long columns = spatial_shape[spatial_shape.Count - 1];
        var rows = checked(batch_size * Shapes.Volume(spatial_shape) / columns);
        RequireFeatures(values, col_indices.NumberOfElements);
        Devices.RequireSame(crow_indices, nameof(crow_indices), values, nameof(values));
        Devices.RequireSame(col_indices, nameof(col_indices), values, nameof(values));
        var starts = TensorMemory.ToInt32(crow_indices, nameof(crow_indices));
        if (starts.Length != rows + 1 || starts[0] != 0 || starts[^1] != col_indices.NumberOfElements)
        {
            throw new ArgumentException(
                $"crow_indices has shape {Shapes.Text(crow_indices.shape)}, must be [{rows + 1}], from 0 to the "
                    + $"{col_indices.NumberOfElements} of col_indices.",
                nameof(crow_indices)
            );
        }

        var cells = new long[starts[^1]];
        var places = TensorMemory.ToInt32(col_indices, nameof(col_indices));
        for (var row = 0; row < rows; row++)
        {
            RequireAscending(starts, row, nameof(crow_indices));
            for (var i = starts[row]; i < starts[row + 1]; i++)
            {
                cells[i] = (row * columns) + RequireColumn(places[i], columns, nameof(col_indices));
            }
        }

        var levels = new CoordinateManager(spatial_shape.Count, Devices.Of(values, nameof(values)));
        var level = levels.Insert(Unravel(cells, spatial_shape), stride: null, spatial_shape);
        return new SparseTensor(values, level, batch_size);
    }

    /// <summary>
    /// The dense tensor seen along one axis, whose sites become channels: [batch, C * size, the other axes], channel
    /// c * size + s holding channel c at site s. axis counts from 0, or from the end where it is negative. The shape is
    /// chosen as in <see cref="dense"/>. Differentiable.
    /// </summary>
    public torch.Tensor bird_eye_view(int axis = -1, PerAxis? spatial_shape = null)
    {
        var folded = axis < 0 ? axis + dimensions : axis;
        if (dimensions < 2 || folded < 0 || folded >= dimensions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(axis),
                axis,
                $"axis is {axis} of {dimensions}, must be one of 2 or more axes."
            );
        }

        using var scope = torch.NewDisposeScope();
        var volume = dense(spatial_shape);
        long[] others = [.. Enumerable.Range(0, dimensions).Where(one => one != folded).Select(one => 2L + one)];
        long[] shape = [batch_size, channels * volume.shape[2 + folded], .. others.Select(one => volume.shape[one])];
        return volume.permute([0, 1, 2 + folded, .. others]).reshape(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Cells of a dense tensor, batch-major, to rows (batch, d0, d1, ...).</summary>
    private static int[] Unravel(long[] cells, PerAxis shape)
    {
        var width = 1 + shape.Count;
        var rows = new int[checked(cells.Length * width)];
        for (var i = 0; i < cells.Length; i++)
        {
            var rest = cells[i];
            for (var axis = shape.Count - 1; axis >= 0; axis--)
            {
                (rest, var coordinate) = Math.DivRem(rest, shape[axis]);
                rows[(i * width) + 1 + axis] = (int)coordinate;
            }

            rows[i * width] = (int)rest;
        }

        return rows;
    }

    private static void RequireAscending(int[] starts, int row, string name)
    {
        if (starts[row + 1] < starts[row])
        {
            throw new ArgumentException(
                $"{name} has {starts[row + 1]} after {starts[row]} at row {row}, must not descend.",
                name
            );
        }
    }

    private static int RequireColumn(int column, long columns, string name)
    {
        if (column < 0 || column >= columns)
        {
            throw new ArgumentException(
                $"{name} holds {column}, must be 0 to {columns - 1}, inside of the last axis.",
                name
            );
        }

        return column;
    }
}
