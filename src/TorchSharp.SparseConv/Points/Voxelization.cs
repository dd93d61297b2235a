using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What became of points: the voxels with their features, and the way between points and voxels. Made by
/// SparseTensor.voxelize.
/// </summary>
/// <remarks>Disposing it disposes its tensors, <see cref="tensor"/> too.</remarks>
public sealed class Voxelization : IDisposable
{
    private readonly VoxelGroups _groups;
    private readonly PlacedPoints _places;
    private readonly Lazy<PointSites> _sites;
    private readonly long _points;

    internal Voxelization(Voxelized voxels, long[]? labels, long ignoreLabel)
    {
        _groups = voxels.Groups;
        _places = voxels.Points;
        _points = voxels.Points.VoxelOfPoint.shape[0];
        _sites = new Lazy<PointSites>(() => new PointSites(_places, tensor!.batch_size));
        tensor = voxels.Tensor;
        dropped = _points - voxels.Points.Kept;
        voxel_of_point = voxels.Points.VoxelOfPoint;
        point_of_voxel = Index(voxels.Chosen);
        points_per_voxel = Index(voxels.AllGroups().Counts());
        this.labels = labels is null ? null : Index(voxels.Groups.MajorityLabels(labels, ignoreLabel));
    }

    /// <summary>
    /// The voxels and their features [N, C], ordered by their coordinates; differentiable in the points' features.
    /// </summary>
    public SparseTensor tensor { get; }

    /// <summary>int64 [n]: the row of each point's voxel, -1 for a dropped point.</summary>
    public torch.Tensor voxel_of_point { get; }

    /// <summary>
    /// int64 [N]: the point whose features a voxel has by <see cref="PointReduction.First"/> and
    /// <see cref="PointReduction.Random"/>; by the others its first point.
    /// </summary>
    public torch.Tensor point_of_voxel { get; }

    /// <summary>int64 [N]: the number of points in each voxel, 1 or more.</summary>
    public torch.Tensor points_per_voxel { get; }

    /// <summary>
    /// int64 [N]: the most frequent label of each voxel's points, of equally frequent ones the lowest, the ignored
    /// label where no point has another; null where no labels were given.
    /// </summary>
    public torch.Tensor? labels { get; }

    /// <summary>
    /// The number of points in no voxel: out of the range, out of the spatial shape, or in one voxel too many.
    /// </summary>
    public long dropped { get; }

    /// <summary>
    /// The features given, [n, C], as a point tensor that knows these voxels and their coordinate manager: the way
    /// back, such as <c>voxels.points(features).to_points(net.call(voxels.tensor))</c>. Dropped points read zeros.
    /// </summary>
    public PointTensor points(torch.Tensor features) => new(features, _sites.Value);

    /// <summary>
    /// int64 [N, most]: the first points of each voxel, ascending, -1 where it has fewer: the padded groups that
    /// per-voxel encoders such as VoxelNet's take. No more of them than MaxPointsPerVoxel.
    /// </summary>
    public torch.Tensor first_points(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var index = new long[checked(_groups.Rows * most)];
        Array.Fill(index, -1);
        for (var row = 0; row < _groups.Rows; row++)
        {
            var points = _groups[row];
            for (var i = 0; i < Math.Min(most, points.Length); i++)
            {
                index[(row * most) + i] = points[i];
            }
        }

        return Index(index).view(_groups.Rows, most);
    }

    /// <summary>Hands all tensors to the dispose scope outside the current one, and returns this.</summary>
    public Voxelization MoveToOuterDisposeScope()
    {
        tensor.MoveToOuterDisposeScope();
        voxel_of_point.MoveToOuterDisposeScope();
        _places.Lattice.MoveToOuterDisposeScope();
        _places.Batch.MoveToOuterDisposeScope();
        point_of_voxel.MoveToOuterDisposeScope();
        points_per_voxel.MoveToOuterDisposeScope();
        labels?.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Disposes all tensors.</summary>
    public void Dispose()
    {
        tensor.Dispose();
        voxel_of_point.Dispose();
        _places.Lattice.Dispose();
        _places.Batch.Dispose();
        point_of_voxel.Dispose();
        points_per_voxel.Dispose();
        labels?.Dispose();
    }

    private torch.Tensor Index(long[] values) => torch.tensor(values, torch.ScalarType.Int64, tensor.features.device);

    /// <summary>A line such as "1024 voxels of 4096 points, 12 dropped".</summary>
    public override string ToString() => $"{_groups.Rows} voxels of {_points} points, {dropped} dropped";
}

/// <summary>Points, their voxels, and the voxels' features: what every way from points to voxels shares.</summary>
internal sealed class Voxelized
{
    private readonly Lazy<VoxelGroups> _groups;
    private readonly Lazy<long[]> _chosen;

    private Voxelized(PlacedPoints points, VoxelizationOptions options)
    {
        Points = points;
        _groups = new Lazy<VoxelGroups>(() =>
        {
            var all = AllGroups();
            return options.MaxPointsPerVoxel is { } most ? all.Limit(most, Count) : all;
        });
        _chosen = new Lazy<long[]>(() =>
            options.Reduction == PointReduction.Random ? Groups.Random(points.Map, options.Seed) : Groups.First()
        );
    }

    internal PlacedPoints Points { get; }

    /// <summary>The points that make each voxel's features.</summary>
    internal VoxelGroups Groups => _groups.Value;

    /// <summary>The point that each voxel's features are of, the first one where they are of several.</summary>
    internal long[] Chosen => _chosen.Value;

    internal SparseTensor Tensor { get; private set; } = null!;

    private int Count => checked((int)Points.VoxelOfPoint.shape[0]);

    /// <summary>
    /// Checks all arguments before anything is made. The tensors belong to the caller's dispose scope.
    /// </summary>
    internal static Voxelized Make(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelSize voxel_size,
        VoxelizationOptions options,
        torch.Tensor? batch,
        int batch_size
    )
    {
        var axes = PointArguments.Dimensions(points);
        CheckOptions(options);
        if (features is not null)
        {
            PointArguments.RequireFeatures(features, points.shape[0]);
            Devices.RequireSame(features, nameof(features), points, nameof(points));
        }

        var scans = PointArguments.BatchSize(batch_size, batch, points);
        var voxels = PlacedPoints.Make(
            new CoordinateManager(axes, Devices.Of(points, nameof(points))),
            points,
            batch,
            new VoxelizerOptions
            {
                VoxelSize = voxel_size.Edges,
                Origin = options.Origin ?? [],
                Low = options.Range?.Low ?? [],
                High = options.Range?.High ?? [],
                SpatialShape = options.SpatialShape,
                MaxVoxels = options.MaxVoxelsPerScan,
            }
        );
        var result = new Voxelized(voxels, options);
        result.Tensor = new SparseTensor(result.Reduce(points, features, options), voxels.Map, scans);
        return result;
    }

    /// <summary>All points of each voxel.</summary>
    internal VoxelGroups AllGroups() => new(Points.VoxelOfPoint.data<long>().ToArray(), Points.Map.Rows);

    private torch.Tensor Reduce(torch.Tensor points, torch.Tensor? features, VoxelizationOptions options)
    {
        using var scope = torch.NewDisposeScope();
        var given = features ?? torch.ones(new[] { points.shape[0], 1L }, points.dtype, points.device);
        var links = LinksToReduce(options);
        var kind = options.Reduction switch
        {
            PointReduction.Mean => SplatKind.Mean,
            PointReduction.Max => SplatKind.Max,
            _ => SplatKind.Sum,
        };
        var result = InterpolationOp.Splat(links, kind, given);
        if (!result.requires_grad)
        {
            links.Dispose();
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>From each voxel to the points that its features are made of.</summary>
    private PointLinks LinksToReduce(VoxelizationOptions options)
    {
        if (options.Reduction is not (PointReduction.First or PointReduction.Random))
        {
            return options.MaxPointsPerVoxel is null
                ? Points.Links()
                : PointLinks.FromRows(Points.Map, Groups.RowOfPoint(Count));
        }

        var rows = new long[Count];
        Array.Fill(rows, -1);
        for (var row = 0; row < Chosen.Length; row++)
        {
            rows[Chosen[row]] = row;
        }

        return PointLinks.FromRows(Points.Map, rows);
    }

    private static void CheckOptions(VoxelizationOptions options)
    {
        if (!Enum.IsDefined(options.Reduction))
        {
            throw new ArgumentException(
                $"Reduction is {options.Reduction}, must be one of {string.Join(", ", Enum.GetNames<PointReduction>())}.",
                nameof(options)
            );
        }

        if (options.MaxPointsPerVoxel is < 1)
        {
            throw new ArgumentException(
                $"MaxPointsPerVoxel is {options.MaxPointsPerVoxel}, must be 1 or more, or null.",
                nameof(options)
            );
        }

        if (options.MaxVoxelsPerScan is < 1)
        {
            throw new ArgumentException(
                $"MaxVoxelsPerScan is {options.MaxVoxelsPerScan}, must be 1 or more, or null.",
                nameof(options)
            );
        }
    }
}
