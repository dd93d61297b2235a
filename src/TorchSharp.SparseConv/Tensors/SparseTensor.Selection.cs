using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    /// <summary>
    /// The row of each of the given coordinates [M, 1 + D], int32 or int64 rows (batch, d0, d1, ...) in units of this
    /// level, as an int64 tensor [M] with -1 where there is no such voxel. On the voxels' device, as the coordinates
    /// must be.
    /// </summary>
    public torch.Tensor rows_of(torch.Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        CoordinateRows.Dimensions(coordinates, manager);
        Devices.Require(coordinates, nameof(coordinates), manager);
        using var scope = torch.NewDisposeScope();
        return CoordinateRows
            .Find(map, TensorMemory.AsInt32(coordinates, nameof(coordinates)))
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Whether each of the given coordinates [M, 1 + D] is a voxel of this tensor: a bool tensor [M].
    /// </summary>
    public torch.Tensor contains(torch.Tensor coordinates)
    {
        using var scope = torch.NewDisposeScope();
        return rows_of(coordinates).ge(Scalars.Zero).MoveToOuterDisposeScope();
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

        Devices.Require(mask, nameof(mask), manager);
        using var scope = torch.NewDisposeScope();
        return Select(mask).MoveToOuterDisposeScope();
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

        using var scope = torch.NewDisposeScope();
        var voxels = coordinates.narrow(1, 1, dimensions);
        var inside = voxels.ge(Corner(from)).logical_and(voxels.lt(Corner(to))).all(1);
        return Select(inside).MoveToOuterDisposeScope();

        torch.Tensor Corner(PerAxis corner) => torch.tensor(corner.ToArray(), torch.ScalarType.Int32, features.device);
    }

    /// <summary>
    /// Each scan as a sparse tensor of its own, with batch index 0, a batch size of 1 and a coordinate manager of its
    /// own, on the same device; an empty scan has no voxels. Coordinates pass through the host. Differentiable in the
    /// features.
    /// </summary>
    public SparseTensor[] scans()
    {
        using var scope = torch.NewDisposeScope();
        var voxels = map.Coordinates();
        var width = 1 + dimensions;
        var result = new SparseTensor[batch_size];
        foreach (var (scan, rows) in Scans.Rows(map, batch_size).Index())
        {
            var own = new int[checked(rows.Count * width)];
            foreach (var (i, row) in rows.Index())
            {
                voxels.AsSpan(checked((int)row * width), width).CopyTo(own.AsSpan(i * width));
            }

            Rebatch(own, width, -scan);
            var level = new CoordinateManager(dimensions, manager.Device).Insert(own, stride, spatial_shape);
            var index = torch.tensor(rows.ToArray(), torch.ScalarType.Int64, features.device);
            result[scan] = new SparseTensor(features.index_select(0, index), level, 1).MoveToOuterDisposeScope();
        }

        return result;
    }

    /// <summary>
    /// Puts sparse tensors one behind the other into one batch, the batch indices of each after those of the ones
    /// before: what makes a batch of scans, and undoes <see cref="scans"/>. The result has a coordinate manager of its
    /// own. Its spatial shape is the largest on each axis, or none where one has none. Throws ArgumentException where
    /// strides, channels, numbers of axes or devices differ.
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

            Devices.RequireSame(one.features, $"tensors[{i}]", first.features, "tensors[0]");
        }

        using var scope = torch.NewDisposeScope();
        var rows = new List<torch.Tensor>();
        var batches = 0;
        foreach (var one in tensors)
        {
            int[] shift = [batches, .. new int[one.dimensions]];
            rows.Add(
                one.coordinates.add(torch.tensor(shift, torch.ScalarType.Int32, first.features.device), Scalars.One)
            );
            batches = checked(batches + one.batch_size);
        }

        var shapes = tensors.Select(one => one.spatial_shape).ToArray();
        PerAxis? shape = shapes.Any(one => one is null)
            ? null
            : new PerAxis([
                .. Enumerable.Range(0, first.dimensions).Select(axis => shapes.Max(one => one!.Value[axis])),
            ]);
        var level = new CoordinateManager(first.dimensions, first.manager.Device);
        var joined = CoordinateRows.Insert(level, torch.cat([.. rows], 0), ref batches, first.stride, shape);
        var values = torch.cat(tensors.Select(one => one.features).ToArray(), 0);
        return new SparseTensor(values, joined, batches).MoveToOuterDisposeScope();
    }

    /// <summary>The voxels where a mask on their device is true; temporaries go to the current scope.</summary>
    private SparseTensor Select(torch.Tensor mask)
    {
        var rows = mask.nonzero().reshape(-1);
        var level = rows.shape[0] == count ? map : Level(rows);
        return new SparseTensor(features.index_select(0, rows), level, batch_size);

        CoordinateMap Level(torch.Tensor rows)
        {
            using var memory = new BorrowedMemory();
            return manager.Select(map, memory.Array<int>(coordinates.index_select(0, rows), nameof(coordinates)));
        }
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
