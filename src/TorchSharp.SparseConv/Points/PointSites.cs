using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Where points are on the lattice, shared by all features on them: their levels and links, each made once. Released
/// with the point tensors that share it.
/// </summary>
internal sealed class PointSites
{
    // Held while something is made, so that two threads that ask for the same thing make it once.
    private readonly Lock _gate = new();
    private readonly Dictionary<(CoordinateMap Map, InterpolationRule Rule), PointLinks> _links = [];
    private readonly double[] _lattice; // [n, D], in units of the finest level
    private readonly int[] _batch; // [n], or empty for 0; -1 for a dropped point
    private CoordinateMap? _finest;
    private Rulebook? _rows;

    internal PointSites(double[] lattice, int[] batch, int batchSize, CoordinateManager manager)
    {
        _lattice = lattice;
        _batch = batch;
        BatchSize = batchSize;
        Manager = manager;
        Count = lattice.Length / manager.Dimensions;
    }

    internal PointSites(PlacedPoints points, int batchSize)
        : this(
            TensorMemory.ToDouble(points.Lattice, nameof(points)),
            TensorMemory.ToInt32(points.Batch, nameof(points)),
            batchSize,
            points.Map.Manager
        )
    {
        _finest = points.Map;
        _links.Add((points.Map, InterpolationRule.Nearest), points.Links());
    }

    internal CoordinateManager Manager { get; }

    internal int BatchSize { get; }

    internal int Count { get; }

    /// <summary>The sites of an unfinished batch of voxels, one point in each.</summary>
    internal static PointSites Of(SparseTensor voxels, VoxelAnchor anchor)
    {
        var (axes, offset) = (voxels.dimensions, anchor == VoxelAnchor.Center ? 0.5 : 0);
        var rows = voxels.map.Coordinates();
        var batch = new int[voxels.count];
        var lattice = new double[batch.Length * axes];
        for (var point = 0; point < batch.Length; point++)
        {
            var start = point * (1 + axes);
            batch[point] = rows[start];
            for (var axis = 0; axis < axes; axis++)
            {
                lattice[(point * axes) + axis] = (rows[start + 1 + axis] + offset) * voxels.stride[axis];
            }
        }

        var sites = new PointSites(lattice, batch, voxels.batch_size, voxels.manager);
        if (voxels.stride == PerAxis.Repeat(1, axes))
        {
            sites._finest = voxels.map;
        }

        return sites;
    }

    /// <summary>The points in units of the finest level, float64 [n, D].</summary>
    internal torch.Tensor Lattice() =>
        torch.tensor(_lattice, new long[] { Count, Manager.Dimensions }, torch.ScalarType.Float64, Devices.Of(Manager));

    /// <summary>The batch index of each point, int32 [n].</summary>
    internal torch.Tensor Batch() =>
        torch.tensor(_batch.Length > 0 ? _batch : new int[Count], torch.ScalarType.Int32, Devices.Of(Manager));

    /// <summary>The voxels at a stride that hold points, the same level again each time.</summary>
    internal CoordinateMap Level(PerAxis stride)
    {
        var axes = Manager.Dimensions;
        lock (_gate)
        {
            _finest ??= Manager.InsertMerged(Voxels(), new long[Kept()]);
        }

        if (stride == PerAxis.Repeat(1, axes))
        {
            return _finest;
        }

        var tiles = KernelGeometry.Create(axes, size: stride, stride: stride);
        return Manager.Coarsen(_finest, tiles, StridedSites.Downsample);
    }

    /// <summary>The links to a level by a rule, the same ones again each time.</summary>
    internal PointLinks Links(CoordinateMap map, InterpolationRule rule)
    {
        if (map.Dimensions != Manager.Dimensions)
        {
            throw new ArgumentException(
                $"The voxels have {map.Dimensions} axes, must have the {Manager.Dimensions} of the points.",
                nameof(map)
            );
        }

        // What does not look at a part of the rule has one set of links for all values of it.
        var key = rule.Kind == InterpolationKind.Nearest ? InterpolationRule.Nearest : rule;
        lock (_gate)
        {
            if (!_links.TryGetValue((map, key), out var links))
            {
                links = PointLinks.Create(map, InUnitsOf(map.Stride), _batch, key);
                _links.Add((map, key), links);
            }

            return links;
        }
    }

    /// <summary>Each point paired with itself, on the CPU; the same rulebook again each time.</summary>
    internal Rulebook Rows()
    {
        lock (_gate)
        {
            return _rows ??= RowLinear.Identity(Count);
        }
    }

    private double[] InUnitsOf(PerAxis stride)
    {
        var axes = stride.Count;
        if (stride == PerAxis.Repeat(1, axes))
        {
            return _lattice;
        }

        var result = new double[_lattice.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = _lattice[i] / stride[i % axes];
        }

        return result;
    }

    private int Kept() => _batch.Length == 0 ? Count : _batch.Count(batch => batch >= 0);

    /// <summary>The voxel (batch, d0, ...) of each point that is not dropped.</summary>
    private int[] Voxels()
    {
        var axes = Manager.Dimensions;
        var rows = new int[checked(Kept() * (1 + axes))];
        for (int point = 0, to = 0; point < Count; point++)
        {
            var batch = _batch.Length == 0 ? 0 : _batch[point];
            if (batch < 0)
            {
                continue;
            }

            rows[to++] = batch;
            for (var axis = 0; axis < axes; axis++)
            {
                rows[to++] = checked((int)Math.Floor(_lattice[(point * axes) + axis]));
            }
        }

        return rows;
    }
}
