using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Features on points: row i of <see cref="features"/> [n, C] belongs to point i, which knows its voxels at every
/// stride. Immutable; levels and links to them are made once and shared by all features on the same points.
/// </summary>
/// <remarks>
/// Disposing it disposes the features; what it shares goes with the last point tensor that shares it.
/// </remarks>
public sealed class PointTensor : IDisposable
{
    /// <summary>
    /// Takes over features [n, C] and reads points [n, D], which voxels of voxel_size from the origin (0 where null)
    /// hold. batch [n] holds each point's batch index, 0 where null; a batch_size of 0 stands for 1 + the largest. With
    /// a manager, voxels become levels of it. Throws ArgumentException for NaN or infinite points (named), negative
    /// batch indices, and shapes that do not fit.
    /// </summary>
    public PointTensor(
        torch.Tensor features,
        torch.Tensor points,
        VoxelSize voxel_size,
        torch.Tensor? batch = null,
        int batch_size = 0,
        IReadOnlyList<double>? origin = null,
        CoordinateManager? manager = null
    )
    {
        ArgumentNullException.ThrowIfNull(features);
        var axes = PointArguments.Dimensions(points);
        PointArguments.RequireFeatures(features, points.shape[0]);
        Devices.RequireSame(features, nameof(features), points, nameof(points));
        if (manager is not null && manager.Dimensions != axes)
        {
            throw new ArgumentException(
                $"points has {axes} axes, must have the manager's {manager.Dimensions}.",
                nameof(points)
            );
        }

        var levels = manager ?? new CoordinateManager(axes, Devices.Of(points, nameof(points)));
        Devices.Require(points, nameof(points), levels);
        using var scope = torch.NewDisposeScope();
        var scans = PointArguments.BatchSize(batch_size, batch, points);
        var voxels = PlacedPoints.Make(
            levels,
            points,
            batch,
            new VoxelizerOptions { VoxelSize = voxel_size.Edges, Origin = origin ?? [] }
        );
        this.features = features;
        Sites = new PointSites(voxels, scans);
    }

    internal PointTensor(torch.Tensor features, PointSites sites)
    {
        ArgumentNullException.ThrowIfNull(features);
        PointArguments.RequireFeatures(features, sites.Count);
        Devices.Require(features, nameof(features), sites.Manager);
        this.features = features;
        Sites = sites;
    }

    /// <summary>The feature matrix [n, C].</summary>
    public torch.Tensor features { get; }

    /// <summary>The number of points, n.</summary>
    public long count => Sites.Count;

    /// <summary>The number of channels, C.</summary>
    public long channels => features.shape[1];

    /// <summary>The number of spatial axes, D.</summary>
    public int dimensions => manager.Dimensions;

    /// <summary>The number of batch indices, empty ones included.</summary>
    public int batch_size => Sites.BatchSize;

    /// <summary>The levels of the points' voxels, and all that is made from them.</summary>
    public CoordinateManager manager => Sites.Manager;

    /// <summary>Where the points are.</summary>
    internal PointSites Sites { get; }

    /// <summary>
    /// A new float64 tensor [n, D]: the points in units of the finest level, whose voxels are their floor.
    /// </summary>
    public torch.Tensor lattice => Sites.Lattice();

    /// <summary>A new int32 tensor [n]: the batch index of each point, -1 for one that voxelization dropped.</summary>
    public torch.Tensor batch => Sites.Batch();

    /// <summary>A point in every voxel, where its value stands, with its features.</summary>
    public static PointTensor of(SparseTensor voxels, VoxelAnchor anchor = VoxelAnchor.Center)
    {
        ArgumentNullException.ThrowIfNull(voxels);
        if (!Enum.IsDefined(anchor))
        {
            throw new ArgumentException($"anchor is {anchor}, must be Center or LowestCorner.", nameof(anchor));
        }

        return new PointTensor(voxels.features, PointSites.Of(voxels, anchor));
    }

    /// <summary>
    /// Other features, [n, any], on the same points; throws ArgumentException for another number of rows.
    /// </summary>
    public PointTensor with_features(torch.Tensor features) => new(features, Sites);

    /// <summary>
    /// The voxels at a stride (1 where null, in units of the voxel size) that hold points, with the mean, sum or
    /// maximum of their points' features. The same level for every call; a stride above 1 is derived from the finest
    /// one, as by a convolution whose kernel is its stride. Differentiable.
    /// </summary>
    public SparseTensor voxels(PerAxis? stride = null, SplatKind kind = SplatKind.Mean)
    {
        PerAxis spacing = (stride ?? 1).Expand(dimensions, nameof(stride));
        if (spacing.Any(value => value < 1))
        {
            throw new ArgumentException($"stride is {spacing}, must be 1 or more on every axis.", nameof(stride));
        }

        return Splat(Sites.Level(spacing), batch_size, kind);
    }

    /// <summary>
    /// The mean, sum or maximum of the features of the points in each voxel, on the voxels of another tensor; zero
    /// where a voxel holds no point. Differentiable.
    /// </summary>
    public SparseTensor voxels(SparseTensor sites, SplatKind kind = SplatKind.Mean)
    {
        ArgumentNullException.ThrowIfNull(sites);
        return Splat(sites.map, sites.batch_size, kind);
    }

    /// <summary>
    /// The features of voxels at these points, by InterpolationRule.Linear where none is given, whatever the voxels'
    /// stride; zeros where a point has no active voxel around it. Differentiable in the voxels' features.
    /// </summary>
    public PointTensor to_points(SparseTensor voxels, InterpolationRule? rule = null)
    {
        ArgumentNullException.ThrowIfNull(voxels);
        TensorMemory.Element(voxels.features.dtype, nameof(voxels));
        var links = Sites.Links(voxels.map, rule ?? InterpolationRule.Linear);
        return with_features(InterpolationOp.Interpolate(links, voxels.features));
    }

    /// <summary>Hands the features to the dispose scope outside the current one, and returns this.</summary>
    public PointTensor MoveToOuterDisposeScope()
    {
        features.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Takes the features out of every dispose scope, and returns this.</summary>
    public PointTensor DetachFromDisposeScope()
    {
        features.DetachFromDisposeScope();
        return this;
    }

    /// <summary>Disposes the features.</summary>
    public void Dispose() => features.Dispose();

    /// <summary>A line such as "PointTensor: 4096 points x 4 Float32 on cpu, 2 batches".</summary>
    public override string ToString()
    {
        var content = features.IsInvalid ? "disposed" : $"{channels} {features.dtype} on {features.device}";
        return $"PointTensor: {count} points x {content}, {batch_size} " + (batch_size == 1 ? "batch" : "batches");
    }

    private SparseTensor Splat(CoordinateMap map, int batchSize, SplatKind kind)
    {
        var links = Sites.Links(map, InterpolationRule.Nearest);
        return new SparseTensor(InterpolationOp.Splat(links, kind, features), map, batchSize);
    }
}
