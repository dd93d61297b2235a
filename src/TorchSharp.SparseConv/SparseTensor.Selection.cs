using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    private static readonly Scalar None = 0;

    /// <summary>
    /// The row of each of the given coordinates [M, 1 + D], int32 or int64 rows (batch, d0, d1, ...) in units of this
    /// level, as an int64 tensor [M] with -1 where there is no such voxel.
    /// </summary>
    public torch.Tensor rows_of(torch.Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        CoordinateRows.Dimensions(coordinates, manager);
        var rows = new long[coordinates.shape[0]];
        map.Find(TensorMemory.ToInt32(coordinates, nameof(coordinates)), rows);
        return torch.tensor(rows, torch.ScalarType.Int64);
    }

    /// <summary>Whether each of the given coordinates [M, 1 + D] is a voxel of this tensor: a bool tensor [M].</summary>
    public torch.Tensor contains(torch.Tensor coordinates)
    {
        using var scope = torch.NewDisposeScope();
        return rows_of(coordinates).ge(None).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The voxels where a bool mask [N] is true, in their order; a new level, whose history is this tensor's, so that a
    /// transposed convolution still finds the encoder's sites. Where all are kept, the level stays the same.
    /// Differentiable in the features.
    /// </summary>
    public SparseTensor prune(torch.Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.dtype != torch.ScalarType.Bool || mask.ndim != 1 || mask.shape[0] != count)
        {
            throw new ArgumentException(
                $"mask is {mask.dtype} of shape {Shapes.Text(mask.shape)}, must be Bool [{count}], one value a voxel.",
                nameof(mask)
            );
        }

        TensorMemory.RequireCpu(mask, nameof(mask));
        using var scope = torch.NewDisposeScope();
        return Select(mask.nonzero().reshape(-1).data<long>().ToArray());
    }

    /// <summary>
    /// The voxels inside of a box, lower &lt;= coordinate &lt; upper on each axis, in units of this level, with their
    /// coordinates and spatial shape as they are. Differentiable in the features.
    /// </summary>
    public SparseTensor crop(PerAxis lower, PerAxis upper)
    {
        var (from, to) = (lower.Expand(dimensions, nameof(lower)), upper.Expand(dimensions, nameof(upper)));
        if (from.Zip(to).Any(axis => axis.First > axis.Second))
        {
            throw new ArgumentException(
                $"upper is {to}, must be at or above lower {from} on every axis.",
                nameof(upper)
            );
        }

        var voxels = map.Coordinates();
        var inside = new List<long>();
        for (var row = 0; row < count; row++)
        {
            var voxel = voxels.AsSpan((row * (1 + dimensions)) + 1, dimensions);
            var axis = 0;
            while (axis < dimensions && voxel[axis] >= from[axis] && voxel[axis] < to[axis])
            {
                axis++;
            }

            if (axis == dimensions)
            {
                inside.Add(row);
            }
        }

        using var scope = torch.NewDisposeScope();
        return Select([.. inside]);
    }

    /// <summary>
    /// Each scan as a sparse tensor of its own, with batch index 0, a batch size of 1 and a coordinate manager of its
    /// own; an empty scan has no voxels. Differentiable in the features.
    /// </summary>
    public SparseTensor[] scans()
    {
        using var scope = torch.NewDisposeScope();
        var voxels = map.Coordinates();
        var width = 1 + dimensions;
        var result = new SparseTensor[batch_size];
        foreach (var (scan, rows) in Scans.Rows(this).Index())
        {
            var own = new int[checked(rows.Count * width)];
            foreach (var (i, row) in rows.Index())
            {
                voxels.AsSpan(checked((int)row * width), width).CopyTo(own.AsSpan(i * width));
            }

            Rebatch(own, width, -scan);
            var level = new CoordinateManager(dimensions).Insert(own, stride, spatial_shape);
            var index = torch.tensor(rows.ToArray(), torch.ScalarType.Int64);
            result[scan] = new SparseTensor(features.index_select(0, index), level, 1).MoveToOuterDisposeScope();
        }

        return result;
    }

    /// <summary>
    /// Puts sparse tensors one behind the other into one batch, the batch indices of each after those of the ones before:
    /// what makes a batch of scans, and undoes <see cref="scans"/>. The result has a coordinate manager of its own. Its
    /// spatial shape is the largest on each axis, or none where one has none. Throws ArgumentException where strides,
    /// channels or numbers of axes differ.
    /// </summary>
    public static SparseTensor join(params SparseTensor[] tensors)
    {
        var first = RequireSome(tensors);
        foreach (var (i, one) in tensors.Index())
        {
            if (one.stride != first.stride || one.channels != first.channels)
            {
                throw new ArgumentException(
                    $"tensors[{i}] ({one}) must have the channels and the stride of tensors[0] ({first}).",
                    nameof(tensors)
                );
            }
        }

        var rows = new List<int>();
        var batches = 0;
        foreach (var one in tensors)
        {
            var own = one.map.Coordinates();
            Rebatch(own, 1 + one.dimensions, batches);
            rows.AddRange(own);
            batches = checked(batches + one.batch_size);
        }

        var shapes = tensors.Select(one => one.spatial_shape).ToArray();
        PerAxis? shape = shapes.Any(one => one is null)
            ? null
            : new PerAxis([
                .. Enumerable.Range(0, first.dimensions).Select(axis => shapes.Max(one => one!.Value[axis])),
            ]);
        var level = new CoordinateManager(first.dimensions).Insert([.. rows], first.stride, shape);
        return new SparseTensor(torch.cat(tensors.Select(one => one.features).ToArray(), 0), level, batches);
    }

    private SparseTensor Select(long[] rows)
    {
        var level = rows.Length == count ? map : manager.Select(map, rows);
        var index = torch.tensor(rows, torch.ScalarType.Int64);
        return new SparseTensor(features.index_select(0, index), level, batch_size).MoveToOuterDisposeScope();
    }

    private static void Rebatch(int[] coordinates, int width, int add)
    {
        for (var start = 0; start < coordinates.Length; start += width)
        {
            coordinates[start] = checked(coordinates[start] + add);
        }
    }

    private static SparseTensor RequireSome(SparseTensor[] tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Length == 0)
        {
            throw new ArgumentException("tensors is empty, must have one or more.", nameof(tensors));
        }

        return tensors[0];
    }
}
