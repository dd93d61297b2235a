using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Where the two branches of a point-voxel network meet (Tang et al., "Searching Efficient 3D Architectures with Sparse
/// Point-Voxel Convolution", 2020): points take the voxels' features by interpolation, and add their own through a linear
/// layer, batch norm and ReLU. Back to voxels is <c>points.voxels(sites)</c>. Children are named 0 and 1.
/// </summary>
public sealed class PointVoxelBlock : torch.nn.Module<PointTensor, SparseTensor, PointTensor>
{
    private readonly Linear _linear;
    private readonly SparseBatchNorm _norm;

    /// <summary>
    /// in_channels of the points, out_channels of the voxels. Voxels are read by InterpolationRule.Linear where no rule is
    /// given.
    /// </summary>
    public PointVoxelBlock(
        long in_channels,
        long out_channels,
        InterpolationRule? rule = null,
        double norm_eps = 1e-5,
        double norm_momentum = 0.1,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(PointVoxelBlock))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(in_channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        this.rule = rule ?? InterpolationRule.Linear;
        _linear = torch.nn.Linear(in_channels, out_channels, device: device, dtype: dtype);
        _norm = new SparseBatchNorm(out_channels, norm_eps, norm_momentum, device: device, dtype: dtype);
        register_module("0", _linear);
        register_module("1", _norm);
    }

    /// <summary>How the points read the voxels.</summary>
    public InterpolationRule rule { get; }

    /// <summary>
    /// The features [n, out_channels] of the points, from points [n, in_channels] and voxels [N, out_channels] of any stride.
    /// </summary>
    public override PointTensor forward(PointTensor points, SparseTensor voxels)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(voxels);
        using var scope = torch.NewDisposeScope();
        var read = points.to_points(voxels, rule).features;
        var wide = RowLinear.Run(_linear, Precision.Widen(points.features), points.Sites);
        var own = Precision.As(_norm.NormalizeRows(wide, Activation.Relu), read.dtype);
        return points.with_features(read.add(own, Scalars.One)).MoveToOuterDisposeScope();
    }

    // All is registered under the checkpoints' names; the fields would add a second name.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }
}

/// <content>Points beside voxels.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>
        /// Where points take the features of voxels and add their own; see <see cref="SparseConv.PointVoxelBlock"/>.
        /// </summary>
        public static PointVoxelBlock PointVoxelBlock(
            long in_channels,
            long out_channels,
            InterpolationRule? rule = null,
            double norm_eps = 1e-5,
            double norm_momentum = 0.1,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, rule, norm_eps, norm_momentum, device, dtype);
    }
}
