using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Functions;

namespace TorchSharp.SparseConv;

/// <summary>
/// MinkowskiEngine's sparse U-Net: a stem, four stages down (kernel 2, stride 2, then residual blocks), four up with
/// skip connections, and a linear classifier. Module names are those of its checkpoints.
/// </summary>
public sealed class MinkUNet : torch.nn.Module<SparseTensor, SparseTensor>, IFusible
{
    private const int Stages = MinkUNetPlan.Stages;

    internal const string SecondStemConvolution = "conv0p1s1b";
    internal const string SecondStemNorm = "bn0b";
    internal const string FinalName = "final";

    private readonly SparseSequential _stem;
    private readonly SparseSequential? _stemAgain;
    private readonly SparseSequential[] _resize = new SparseSequential[2 * Stages];
    private readonly SparseSequential[] _blocks = new SparseSequential[2 * Stages];
    private readonly SubMConvNd _final;

    internal MinkUNet(MinkUNetPlan plan, SparseLayerFactory factory)
        : base(plan.Name)
    {
        Architecture = plan.ToString();
        _stem = Unit(
            ConvolutionName(-1),
            factory.SubM(plan.Input, plan.StemPlanes, plan.StemKernel),
            NormName(-1),
            factory.Norm(plan.StemPlanes)
        );
        if (plan.StemLayers == 2)
        {
            _stemAgain = Unit(
                SecondStemConvolution,
                factory.SubM(plan.StemPlanes, plan.StemPlanes, plan.StemKernel),
                SecondStemNorm,
                factory.Norm(plan.StemPlanes)
            );
        }

        var current = plan.StemPlanes;
        var skips = new Stack<long>();
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            var down = stage < Stages;
            var resized = plan.Resized[stage];
            if (down)
            {
                skips.Push(current);
            }

            SparseConvolution convolution = down ? factory.Down(current, resized) : factory.Up(current, resized);
            _resize[stage] = Unit(ConvolutionName(stage), convolution, NormName(stage), factory.Norm(resized));
            _blocks[stage] = new SparseSequential();
            current = down ? resized : resized + skips.Pop();
            for (var i = 0; i < plan.Blocks[stage]; i++)
            {
                _blocks[stage].append(new ResidualBlock(factory, current, plan.Planes[stage], plan.IsBottleneck));
                current = plan.Planes[stage] * plan.Expansion;
            }

            register_module(BlockName(stage), _blocks[stage]);
        }

        _final = factory.SubM(current, plan.Output, 1, bias: true);
        register_module(FinalName, _final);
    }

    /// <summary>What the network is made of, in one line: name, channels, stem, planes, blocks, norm settings.</summary>
    public string Architecture { get; }

    /// <summary>
    /// Whether each residual block runs again in backward instead of keeping what lies between
    /// (<see cref="SparseCheckpoint"/>): the same gradients from less memory, for another forward pass of the
    /// blocks. False at first.
    /// </summary>
    public bool checkpointing { get; set; }

    /// <summary>
    /// A new network. width scales every number of channels; stem_kernel is 5 where null; dimensions is 1 to 4. The input
    /// must be at a stride of which the manager has no coarser levels yet, as a fresh sparse tensor is.
    /// </summary>
    public static MinkUNet Create(
        MinkUNetKind kind,
        long in_channels,
        long out_channels,
        double width = 1.0,
        PerAxis? stem_kernel = null,
        int dimensions = 3,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentException($"kind is {kind}, must be one of MinkUNetKind.", nameof(kind));
        }

        if (!(width > 0) || double.IsInfinity(width))
        {
            throw new ArgumentException($"width is {width}, must be positive and finite.", nameof(width));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, 4);
        var factory = new SparseLayerFactory(dimensions, device, dtype);
        return new MinkUNet(MinkUNetPlan.Of(kind, in_channels, out_channels, width, stem_kernel ?? 5), factory);
    }

    /// <summary>
    /// The network of a checkpoint, with its weights, in three dimensions: this library's own, MinkowskiEngine's
    /// MinkUNet14 to 50, spvnas (TorchSparse), mmdetection3d's MinkUNetBackbone with its TorchSparse back end, or
    /// Pointcept's SpUNet, recognised by names and shapes; <see cref="Architecture"/> says which. Throws
    /// InvalidDataException for any other file.
    /// </summary>
    public static MinkUNet FromCheckpoint(string path, torch.Device? device = null, torch.ScalarType? dtype = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.Load(path, device, dtype);
    }

    /// <summary>
    /// What <see cref="FromCheckpoint"/> would build, in one line, read without libtorch; null for a file that it does not
    /// know. Throws InvalidDataException for a file that is damaged.
    /// </summary>
    public static string? DescribeCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.Describe(path);
    }

    /// <summary>Logits [N, out_channels] on the voxels of the input.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var current = _stem.CallWithin(input);
        current = _stemAgain?.Consume(current) ?? current;
        var skips = new Stack<SparseTensor>();
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            if (stage < Stages)
            {
                skips.Push(current);
                current = Run(_blocks[stage], _resize[stage].CallWithin(current));
            }
            else
            {
                current = Run(_blocks[stage], Join(_resize[stage].Consume(current), skips.Pop()));
            }
        }

        using var last = current;
        return _final.call(last).MoveToOuterDisposeScope();
    }

    /// <summary>Those of the stem and between the stages, which are registered part by part.</summary>
    IEnumerable<ConvolutionUnit> IFusible.FindUnits() =>
        _resize
            .Append(_stem)
            .Concat(_stemAgain is null ? [] : [_stemAgain])
            .SelectMany(one => ((IFusible)one).FindUnits());

    // All is registered under the checkpoints' names; the fields would add a second name.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }

    // conv0p1s1, conv1p1s2 .. conv4p8s2 and convtr4p16s2 .. convtr7p2s2: the p is the stride of the input.
    internal static string ConvolutionName(int stage) =>
        stage < 0 ? "conv0p1s1"
        : stage < Stages ? $"conv{stage + 1}p{1 << stage}s2"
        : $"convtr{stage}p{1 << ((2 * Stages) - stage)}s2";

    internal static string NormName(int stage) => stage < Stages ? $"bn{stage + 1}" : $"bntr{stage}";

    internal static string BlockName(int stage) => $"block{stage + 1}";

    private static SparseTensor Join(SparseTensor resized, SparseTensor skip)
    {
        using var scope = torch.NewDisposeScope();
        var recipe = FeatureRecipe.OfChannels(resized, skip);
        var joined = SparseTensor.cat(resized, skip);
        resized.Dispose();
        skip.Dispose();
        return new SparseTensor(joined.features, joined.map, joined.batch_size, recipe).MoveToOuterDisposeScope();
    }

    /// <summary>The blocks, which the input is for alone.</summary>
    private SparseTensor Run(SparseSequential blocks, SparseTensor input)
    {
        if (!checkpointing)
        {
            return blocks.Consume(input);
        }

        // One by one, since what runs again is held all at once.
        var current = input;
        for (var i = 0; i < blocks.Count; i++)
        {
            using var read = current.WithoutRecipe();
            current = SparseCheckpoint.run((ResidualBlock)blocks[i], read);
        }

        return current;
    }

    /// <summary>Convolution, norm and ReLU in a row; the first two are registered under this module's own names.</summary>
    private SparseSequential Unit(
        string convolutionName,
        SparseConvolution convolution,
        string normName,
        SparseBatchNorm norm
    )
    {
        register_module(convolutionName, convolution);
        register_module(normName, norm);
        return new SparseSequential(convolution, norm, torch.nn.ReLU(inplace: true));
    }
}
