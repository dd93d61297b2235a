using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Sparse point-voxel network (Tang et al., 2020): a sparse U-Net over the voxels of points, beside a branch on the points
/// themselves, which take the voxels' features after the stem, at the bottom, half way up and at the end. Module names are
/// those of spvnas' checkpoints. Trains on one voxel, and on none.
/// </summary>
public sealed class SPVCNN : torch.nn.Module<PointTensor, torch.Tensor>
{
    internal const int Branches = 3;
    internal const string ClassifierName = "classifier.0";

    private const int Stages = MinkUNetPlan.Stages;
    private const double DropoutRate = 0.3;
    private static readonly long[] PublishedPlanes = [32, 64, 128, 256, 256, 128, 96, 96];

    private readonly SparseSequential _stem;
    private readonly SparseSequential[] _resize = new SparseSequential[2 * Stages];
    private readonly SparseSequential[] _blocks = new SparseSequential[2 * Stages];
    private readonly PointVoxelBlock[] _points = new PointVoxelBlock[Branches];
    private readonly Dropout _dropout = torch.nn.Dropout(DropoutRate);
    private readonly Linear _classifier;

    /// <summary>
    /// A new network of the published shape: 32 channels in the stem, 32 to 256 down and 256 to 96 up, times width.
    /// Voxels are as large as the points given say. Points read voxels by InterpolationRule.TorchSparse, as published, where
    /// no rule is given. dimensions is 1 to 4.
    /// </summary>
    public SPVCNN(
        long in_channels,
        long out_channels,
        double width = 1.0,
        InterpolationRule? rule = null,
        int dimensions = 3,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : this(
            Checked(in_channels, out_channels, width, dimensions),
            rule ?? InterpolationRule.TorchSparse,
            new SparseLayerFactory(dimensions, device, dtype)
        ) { }

    internal SPVCNN(MinkUNetPlan plan, InterpolationRule rule, SparseLayerFactory factory)
        : base(nameof(SPVCNN))
    {
        Architecture = plan.ToString();
        this.rule = rule;
        _stem = new SparseSequential();
        for (var layer = 0; layer < plan.StemLayers; layer++)
        {
            var input = layer == 0 ? plan.Input : plan.StemPlanes;
            _stem.append(factory.SubM(input, plan.StemPlanes, plan.StemKernel));
            _stem.append(factory.Norm(plan.StemPlanes)).append(torch.nn.ReLU(inplace: true));
        }

        register_module("stem", _stem);
        var current = plan.StemPlanes;
        var skips = new Stack<long>();
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            var down = stage < Stages;
            if (down)
            {
                skips.Push(current);
            }

            _resize[stage] = Resize(factory, down, current, plan.Resized[stage]);
            current = plan.Resized[stage] + (down ? 0 : skips.Pop());
            _blocks[stage] = Blocks(factory, current, plan.Planes[stage], plan.Blocks[stage]);
            current = plan.Planes[stage];
            if (down)
            {
                register_module($"stage{stage + 1}", Stage(_resize[stage], _blocks[stage]));
            }
            else
            {
                register_module($"up{stage - 3}", new SparseSequential(_resize[stage], _blocks[stage]));
            }
        }

        _classifier = factory.Linear(current, plan.Output);
        register_module("classifier", torch.nn.Sequential(_classifier));
        long[] meet = [plan.StemPlanes, plan.Planes[Stages - 1], plan.Planes[Stages + 1], plan.Planes[^1]];
        for (var branch = 0; branch < Branches; branch++)
        {
            _points[branch] = factory.PointVoxel(meet[branch], meet[branch + 1], rule);
        }

        register_module("point_transforms", torch.nn.ModuleList(_points));
        register_module("dropout", _dropout);
    }

    /// <summary>What the network is made of, in one line: name, channels, stem, planes, blocks, norm settings.</summary>
    public string Architecture { get; }

    /// <summary>How points read voxels.</summary>
    public InterpolationRule rule { get; }

    private static MinkUNetPlan Checked(long in_channels, long out_channels, double width, int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(in_channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        MinkUNetPlan.RequireSize(width, dimensions);
        return Plan(in_channels, out_channels, width);
    }

    internal static MinkUNetPlan Plan(long input, long output, double width)
    {
        long Scale(long planes) => Math.Max(1, (long)(planes * width));
        long[] planes = [.. PublishedPlanes.Select(Scale)];
        return new MinkUNetPlan
        {
            Name = nameof(SPVCNN),
            Input = input,
            Output = output,
            StemKernel = 3,
            StemLayers = 2,
            StemPlanes = planes[0],
            Planes = planes,
            Resized = [planes[0], .. planes[..3], .. planes[4..]],
            Blocks = [2, 2, 2, 2, 2, 2, 2, 2],
        };
    }

    /// <summary>
    /// The network of a checkpoint, with its weights, in three dimensions: this library's own, spvnas', or mmdetection3d's
    /// SPVCNNBackbone, recognised by names and shapes; <see cref="Architecture"/> says which. Points read voxels by
    /// InterpolationRule.TorchSparse, with which the published ones were trained, where no rule is given. Throws
    /// InvalidDataException for any other file.
    /// </summary>
    public static SPVCNN FromCheckpoint(
        string path,
        InterpolationRule? rule = null,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.LoadPointVoxel(path, rule ?? InterpolationRule.TorchSparse, device, dtype);
    }

    /// <summary>
    /// What <see cref="FromCheckpoint"/> would build, in one line, read without libtorch; null for a file that it does not
    /// know. Throws InvalidDataException for a file that is damaged.
    /// </summary>
    public static string? DescribeCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.DescribePointVoxel(path);
    }

    /// <summary>
    /// Logits [n, out_channels] on the points of the input. One in every voxel, as the published networks are run, is
    /// <c>PointTensor.of(voxels, net.rule.Anchor)</c>.
    /// </summary>
    public override torch.Tensor forward(PointTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var skips = new Stack<SparseTensor>();
        var voxels = _stem.call(input.voxels());
        var points = input.to_points(voxels, rule);
        skips.Push(voxels);
        voxels = points.voxels(voxels);
        for (var stage = 0; stage < Stages; stage++)
        {
            voxels = _blocks[stage].call(_resize[stage].call(voxels));
            skips.Push(voxels);
        }

        (points, voxels) = Meet(0, points, skips.Pop());
        voxels = Up(5, Up(4, voxels, skips), skips);
        (points, voxels) = Meet(1, points, voxels);
        voxels = Up(7, Up(6, voxels, skips), skips);
        points = _points[2].call(points, voxels);
        var logits = RowLinear.Run(_classifier, Precision.Widen(points.features), points.Sites);
        return Precision.As(logits, points.features.dtype).MoveToOuterDisposeScope();
    }

    // All is registered under the checkpoints' names; the fields would add a second name.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }

    /// <summary>The points with the voxels' features, and the voxels with those of the points.</summary>
    private (PointTensor Points, SparseTensor Voxels) Meet(int branch, PointTensor points, SparseTensor voxels)
    {
        var met = _points[branch].call(points, voxels);
        var back = met.voxels(voxels);
        var kept = _dropout.call(Precision.Widen(back.features));
        return (met, back.with_features(Precision.As(kept, back.features.dtype)));
    }

    private SparseTensor Up(int stage, SparseTensor voxels, Stack<SparseTensor> skips) =>
        _blocks[stage].call(SparseTensor.cat(_resize[stage].call(voxels), skips.Pop()));

    private static SparseSequential Resize(SparseLayerFactory factory, bool down, long input, long output)
    {
        SparseConvolution convolution = down ? factory.Down(input, output) : factory.Up(input, output);
        var net = new SparseSequential(convolution, factory.Norm(output), torch.nn.ReLU(inplace: true));
        return new SparseSequential(("net", net));
    }

    private static SparseSequential Blocks(SparseLayerFactory factory, long input, long planes, int count)
    {
        var blocks = new SparseSequential();
        for (var i = 0; i < count; i++)
        {
            blocks.append(
                new ResidualBlock(factory, i == 0 ? input : planes, planes, bottleneck: false, numbered: true)
            );
        }

        return blocks;
    }

    /// <summary>A stage down, whose checkpoints number the blocks after the convolution.</summary>
    private static SparseSequential Stage(SparseSequential resize, SparseSequential blocks)
    {
        var stage = new SparseSequential(resize);
        for (var i = 0; i < blocks.Count; i++)
        {
            stage.append((torch.nn.Module<SparseTensor, SparseTensor>)blocks[i]);
        }

        return stage;
    }
}

/// <content>The point-voxel network.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>The point-voxel network; see <see cref="SparseConv.SPVCNN"/>.</summary>
        public static SPVCNN SPVCNN(
            long in_channels,
            long out_channels,
            double width = 1.0,
            InterpolationRule? rule = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, width, rule, dimensions, device, dtype);
    }
}
