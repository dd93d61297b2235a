using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public sealed partial class SparseTensor
{
    /// <summary>
    /// Voxels of points [n, D], floor((point - origin) / voxel_size) on each axis, with the features [n, C] reduced by
    /// the options (1 a point where null; the mean where there are no options), the labels [n] by majority, and the way
    /// back. batch [n] holds each point's batch index, 0 where null; a batch_size of 0 stands for 1 + the largest.
    /// Points out of the options' range are dropped and counted. Differentiable in the features. Throws
    /// ArgumentException for NaN or infinite points (named), negative batch indices, and shapes that do not fit, before
    /// anything is made.
    /// </summary>
    public static Voxelization voxelize(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelSize voxel_size,
        VoxelizationOptions? options = null,
        torch.Tensor? batch = null,
        int batch_size = 0,
        torch.Tensor? labels = null
    )
    {
        ArgumentNullException.ThrowIfNull(points);
        var rule = options ?? new VoxelizationOptions();
        _ = PointArguments.Dimensions(points);
        var given = labels is null ? null : PointArguments.Labels(labels, points.shape[0]);
        using var scope = torch.NewDisposeScope();
        var voxels = Voxelized.Make(points, features, voxel_size, rule, batch, batch_size);
        return new Voxelization(voxels, given, rule.IgnoreLabel).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same for a list of scans, each [n, D], with features [n, C] and labels [n] a scan: points are numbered
    /// through all scans, and a scan's place in the list is its batch index. Empty scans are batch indices without
    /// voxels.
    /// </summary>
    public static Voxelization voxelize(
        IReadOnlyList<torch.Tensor> scans,
        IReadOnlyList<torch.Tensor>? features,
        VoxelSize voxel_size,
        VoxelizationOptions? options = null,
        IReadOnlyList<torch.Tensor>? labels = null
    )
    {
        ArgumentNullException.ThrowIfNull(scans);
        if (scans.Count == 0)
        {
            throw new ArgumentException("scans is empty, must have one tensor or more.", nameof(scans));
        }

        foreach (var scan in scans)
        {
            _ = PointArguments.Dimensions(scan);
        }

        long[] sizes = [.. scans.Select(scan => scan.shape[0])];
        using var scope = torch.NewDisposeScope();
        var points = PointArguments.Join(scans, sizes, nameof(scans));
        var values = features is null ? null : PointArguments.Join(features, sizes, nameof(features));
        var marks = labels is null ? null : PointArguments.Join(labels, sizes, nameof(labels));
        var index = sizes.SelectMany((size, scan) => Enumerable.Repeat(scan, checked((int)size)));
        var batch = torch.tensor(index.ToArray(), torch.ScalarType.Int32, points.device);
        var result = voxelize(points, values, voxel_size, options, batch, scans.Count, marks);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The plan to read these voxels at points [n, D]: which rows each point reads, and with which weights, by
    /// InterpolationRule.Linear where no rule is given. Points are in the space that voxel_size and origin (0 where
    /// null) divide into the finest voxels, whatever this tensor's stride, or without a voxel_size in units of this
    /// level. batch [n] holds each point's batch index, 0 where null. To be used by any number of calls and disposed.
    /// Throws ArgumentException for points that are not finite, and shapes that do not fit.
    /// </summary>
    public PointLinks link(
        torch.Tensor points,
        InterpolationRule? rule = null,
        torch.Tensor? batch = null,
        VoxelSize? voxel_size = null,
        IReadOnlyList<double>? origin = null
    )
    {
        var axes = PointArguments.Dimensions(points);
        if (axes != dimensions)
        {
            throw new ArgumentException(
                $"points has {axes} axes, must have the {dimensions} of the voxels.",
                nameof(points)
            );
        }

        Devices.Require(points, nameof(points), manager);
        PointArguments.RequireBatch(batch, points);
        using var scope = torch.NewDisposeScope();
        var places = LatticePoints.Scale(points, stride, voxel_size, origin);
        var batches = batch is null ? null : TensorMemory.AsInt32(batch, nameof(batch));
        using var memory = new BorrowedMemory();
        return PointLinks.Create(
            map,
            memory.Array<double>(places, nameof(points)),
            memory.Array<int>(batches, nameof(batch)),
            rule ?? InterpolationRule.Linear
        );
    }

    /// <summary>
    /// The features [n, C] of these voxels at the points of a plan that was made with this level; zeros where a point
    /// has no active voxel around it. Differentiable in the features.
    /// </summary>
    public torch.Tensor interpolate(PointLinks links)
    {
        RequireLinks(links);
        TensorMemory.Element(features.dtype, nameof(features));
        return InterpolationOp.Interpolate(links, features);
    }

    /// <summary>
    /// Values of points [n, C], brought to these voxels along a plan that was made with this level: their weighted sum,
    /// the adjoint of interpolation, or their weighted mean or maximum; zero where a voxel has none. Differentiable in
    /// the values.
    /// </summary>
    public SparseTensor splat(torch.Tensor values, PointLinks links, SplatKind kind = SplatKind.Sum)
    {
        RequireLinks(links);
        ArgumentNullException.ThrowIfNull(values);
        if (values.ndim != 2 || values.shape[0] != links.Points)
        {
            throw new ArgumentException(
                $"values has shape {Shapes.Text(values.shape)}, must be [{links.Points}, channels], one row a point.",
                nameof(values)
            );
        }

        TensorMemory.Element(values.dtype, nameof(values));
        Devices.Require(values, nameof(values), manager);
        return with_features(InterpolationOp.Splat(links, kind, values));
    }

    private void RequireLinks(PointLinks links)
    {
        ArgumentNullException.ThrowIfNull(links);
        if (!ReferenceEquals(links.Map, map))
        {
            throw new ArgumentException($"links lead to {links.Map}, must lead to this level: {map}.", nameof(links));
        }
    }
}
