using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Features on the voxels of one level: row i of <see cref="features"/> [N, C] belongs to row i of
/// <see cref="coordinates"/> [N, 1 + D]. Immutable; shares its coordinate manager with all that is made from it.
/// </summary>
/// <remarks>Disposing it disposes the features; the manager goes with the last tensor that shares it.</remarks>
public sealed partial class SparseTensor : IDisposable
{
    /// <summary>
    /// Takes over features [N, C] and reads coordinates [N, 1 + D], int32 or int64 rows (batch, d0, d1, ...). A
    /// batch_size of 0 stands for 1 + the largest batch index. With a spatial_shape, coordinates must lie inside it.
    /// With a manager, the voxels become a new level of it; all are on one device, the CPU or a CUDA device. The
    /// stride, 1 where none is given, is the spacing of these voxels in units of the finest level; coordinates are in
    /// units of their own. Throws ArgumentException where shapes, types, devices or values do not fit, and where a
    /// coordinate stands twice.
    /// </summary>
    public SparseTensor(
        torch.Tensor features,
        torch.Tensor coordinates,
        int batch_size = 0,
        PerAxis? spatial_shape = null,
        CoordinateManager? manager = null,
        PerAxis? stride = null
    )
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(coordinates);
        var axes = CoordinateRows.Dimensions(coordinates, manager);
        RequireFeatures(features, coordinates.shape[0]);
        Devices.RequireSame(coordinates, nameof(coordinates), features, nameof(features));
        var levels = manager ?? new CoordinateManager(axes, Devices.Of(coordinates, nameof(coordinates)));
        map = CoordinateRows.Insert(levels, coordinates, ref batch_size, stride, spatial_shape);
        this.features = features;
        this.batch_size = batch_size;
    }

    // Before any use of the engine from here: whoever makes a sparse tensor has libtorch loaded.
    static SparseTensor() => TorchSharpNative.FollowThreads();

    internal SparseTensor(torch.Tensor features, CoordinateMap map, int batchSize)
    {
        this.features = features;
        this.map = map;
        batch_size = batchSize;
    }

    /// <summary>The feature matrix [N, C].</summary>
    public torch.Tensor features { get; }

    /// <summary>The voxels of this level, shared with every sparse tensor over the same sites.</summary>
    public CoordinateMap map { get; }

    /// <summary>The number of batch indices, empty ones included.</summary>
    public int batch_size { get; }

    /// <summary>
    /// A new int32 tensor [N, 1 + D] of (batch, d0, d1, ...), in units of this level, on the features' device.
    /// </summary>
    public torch.Tensor coordinates
    {
        get
        {
            var result = CoordinateRows.Of(map);
            GC.KeepAlive(this);
            return result;
        }
    }

    /// <summary>The spacing of this level's voxels, in units of the finest.</summary>
    public PerAxis stride => map.Stride;

    /// <summary>
    /// The shape of the dense tensor that this one stands for, or null where the lattice is unbounded.
    /// </summary>
    public PerAxis? spatial_shape => map.SpatialShape;

    /// <summary>The levels and rulebooks that this tensor shares with all that is made from it.</summary>
    public CoordinateManager manager => map.Manager;

    /// <summary>The number of voxels, N.</summary>
    public long count => map.Rows;

    /// <summary>The number of spatial axes, D.</summary>
    public int dimensions => map.Dimensions;

    /// <summary>The number of channels, C.</summary>
    public long channels => features.shape[1];

    /// <summary>
    /// Other features, [N, any], over the same voxels; throws ArgumentException for another number of rows and another
    /// device.
    /// </summary>
    public SparseTensor with_features(torch.Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        RequireFeatures(features, count);
        Devices.Require(features, nameof(features), manager);
        return new SparseTensor(features, map, batch_size);
    }

    /// <summary>
    /// The features and the voxels on a device. On another one than before, the level is made again in a coordinate
    /// manager of its own, with its stride and spatial shape, but without what it was made from: a transposed
    /// convolution does not find an encoder's sites there, and two tensors that are moved no longer share their voxels.
    /// So move what goes into a network, not what is inside. Differentiable.
    /// </summary>
    public SparseTensor to(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        Devices.Require(device, nameof(device));
        using var scope = torch.NewDisposeScope();
        var moved = features.to(device);
        var place = Devices.Of(moved, nameof(device));
        var level =
            place == manager.Device
                ? map
                : new CoordinateManager(dimensions, place).Insert(map.Coordinates(), stride, spatial_shape);
        return new SparseTensor(moved, level, batch_size).MoveToOuterDisposeScope();
    }

    /// <summary>The features and the voxels on a device such as "cuda" or "cuda:1"; see the other.</summary>
    public SparseTensor to(string device) => to(torch.device(device));

    /// <summary>The features as another element type, over the same voxels.</summary>
    public SparseTensor to(torch.ScalarType type) => with_features(features.to_type(type));

    /// <summary>Hands the features to the dispose scope outside the current one, and returns this.</summary>
    public SparseTensor MoveToOuterDisposeScope()
    {
        features.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Takes the features out of every dispose scope, and returns this.</summary>
    public SparseTensor DetachFromDisposeScope()
    {
        features.DetachFromDisposeScope();
        return this;
    }

    /// <summary>Disposes the features; coordinates stay with those that share them.</summary>
    public void Dispose() => features.Dispose();

    /// <summary>A line such as "SparseTensor: 1024 voxels x 32 Float32 on cpu, stride (2, 2, 2), 2 batches".</summary>
    public override string ToString()
    {
        var shape = spatial_shape is { } bounds ? $", shape {bounds}" : "";
        var content = features.IsInvalid ? "disposed" : $"{channels} {features.dtype} on {features.device}";
        return $"SparseTensor: {count} voxels x {content}, stride {stride}{shape}, {batch_size} "
            + (batch_size == 1 ? "batch" : "batches");
    }

    internal static void RequireSameManager(SparseTensor first, SparseTensor second, string name)
    {
        if (first.manager.Device != second.manager.Device)
        {
            throw new ArgumentException(
                $"{name} mixes sparse tensors on {first.features.device} and {second.features.device} ({first}; {second}), "
                    + "must be on one device.",
                name
            );
        }

        if (!ReferenceEquals(first.manager, second.manager))
        {
            throw new ArgumentException(
                $"{name} mixes sparse tensors of two coordinate managers ({first}; {second}), must share one: "
                    + "make one from the other, or give the manager to the constructor.",
                name
            );
        }
    }

    internal static void RequireFeatures(torch.Tensor features, long rows)
    {
        if (features.ndim != 2)
        {
            throw new ArgumentException(
                $"features has shape {Shapes.Text(features.shape)}, must be [voxels, channels].",
                nameof(features)
            );
        }

        if (features.shape[0] != rows)
        {
            throw new ArgumentException(
                $"features has {features.shape[0]} rows for {rows} coordinates, must have one row a voxel.",
                nameof(features)
            );
        }

        if (!features.is_floating_point())
        {
            throw new ArgumentException($"features is {features.dtype}, must be floating point.", nameof(features));
        }
    }
}
