using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// MinkowskiEngine's sparse U-Net: a stem, four stages down (kernel 2, stride 2, then residual blocks), four up with
/// skip connections, and a linear classifier. Module names are those of its checkpoints.
/// </summary>
public sealed class MinkUNet : torch.nn.Module<SparseTensor, SparseTensor>, IPlanned
{
    private const int Stages = MinkUNetPlan.Stages;

    internal const string SecondStemConvolution = "conv0p1s1b";
    internal const string SecondStemNorm = "bn0b";
    internal const string FinalName = "final";

    private readonly LayerPlan _plan;

    /// <summary>
    /// A new network. width scales every number of channels; stem_kernel is 5 where null; dimensions is 1 to 4. The
    /// input must be at a stride of which the manager has no coarser levels yet, as a fresh sparse tensor is.
    /// </summary>
    public MinkUNet(
        MinkUNetKind kind,
        long in_channels,
        long out_channels,
        double width = 1.0,
        PerAxis? stem_kernel = null,
        int dimensions = 3,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : this(
            MinkUNetPlan.Of(kind, in_channels, out_channels, width, stem_kernel ?? 5, dimensions),
            new SparseLayerFactory(dimensions, device, dtype)
        ) { }

    internal MinkUNet(MinkUNetPlan plan, SparseLayerFactory factory)
        : base(plan.Name)
    {
        Architecture = plan.ToString();
        var steps = new List<PlanStep>
        {
            Layer(
                ConvolutionName(-1),
                factory.SubM(plan.Input, plan.StemPlanes, plan.StemKernel),
                NormName(-1),
                factory.Norm(plan.StemPlanes)
            ),
        };
        if (plan.StemLayers == 2)
        {
            steps.Add(
                Layer(
                    SecondStemConvolution,
                    factory.SubM(plan.StemPlanes, plan.StemPlanes, plan.StemKernel),
                    SecondStemNorm,
                    factory.Norm(plan.StemPlanes)
                )
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
                steps.Add(new KeepStep());
            }

            SparseConvolution convolution = down ? factory.Down(current, resized) : factory.Up(current, resized);
            steps.Add(Layer(ConvolutionName(stage), convolution, NormName(stage), factory.Norm(resized)));
            current = resized;
            if (!down)
            {
                current += skips.Pop();
                steps.Add(new JoinStep());
            }

            var blocks = new SparseSequential();
            for (var i = 0; i < plan.Blocks[stage]; i++)
            {
                blocks.append(new ResidualBlock(factory, current, plan.Planes[stage], plan.IsBottleneck));
                current = plan.Planes[stage] * plan.Expansion;
            }

            register_module(BlockName(stage), blocks);
            steps.Add(new ModuleStep(blocks));
        }

        var final = factory.SubM(current, plan.Output, 1, bias: true);
        register_module(FinalName, final);
        steps.Add(new LayerStep(final, norm: null, activation: null));
        _plan = LayerPlan.OfSteps(steps);
    }

    LayerPlan IPlanned.Plan => _plan;

    /// <summary>
    /// What the network is made of, in one line: name, channels, stem, planes, blocks, norm settings.
    /// </summary>
    public string Architecture { get; }

    /// <summary>
    /// Whether each residual block runs again in backward instead of keeping what lies between
    /// (<see cref="SparseCheckpoint"/>): the same gradients from less memory, for another forward pass of the
    /// blocks. False at first.
    /// </summary>
    public bool checkpointing { get; set; }

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
    /// What <see cref="FromCheckpoint"/> would build, in one line, read without libtorch; null for a file that it does
    /// not know. Throws InvalidDataException for a file that is damaged.
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
        return _plan.Run(input, checkpointing).MoveToOuterDisposeScope();
    }

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

    /// <summary>Convolution, norm and ReLU; the first two are registered under this module's own names.</summary>
    private LayerStep Layer(
        string convolutionName,
        SparseConvolution convolution,
        string normName,
        SparseBatchNorm norm
    )
    {
        register_module(convolutionName, convolution);
        register_module(normName, norm);
        return new LayerStep(convolution, norm, torch.nn.ReLU(inplace: true));
    }
}

/// <summary>The depth of a MinkUNet, named after the ResNet of as many layers.</summary>
public enum MinkUNetKind
{
    /// <summary>One basic block a stage.</summary>
    MinkUNet14,

    /// <summary>Two basic blocks a stage.</summary>
    MinkUNet18,

    /// <summary>2, 3, 4, 6 basic blocks down and 2 a stage up.</summary>
    MinkUNet34,

    /// <summary>2, 3, 4, 6 bottleneck blocks down and 2 a stage up.</summary>
    MinkUNet50,
}

/// <content>The residual U-Net.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A sparse U-Net with residual blocks; see <see cref="SparseConv.MinkUNet"/>.</summary>
        public static MinkUNet MinkUNet(
            MinkUNetKind kind,
            long in_channels,
            long out_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(kind, in_channels, out_channels, width, stem_kernel, dimensions, device, dtype);
    }
}
