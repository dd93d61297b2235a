using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// MinkowskiEngine's sparse U-Net: a stem, four stages down (kernel 2, stride 2, then residual blocks), four up with
/// skip connections, and a linear classifier. Module names are those of its checkpoints.
/// </summary>
public sealed class MinkUNet : torch.nn.Module<SparseTensor, SparseTensor>
{
    private const int Stages = 4;
    private const long StemPlanes = 32;

    private static readonly long[] Planes = [32, 64, 128, 256, 256, 128, 96, 96];

    // Of MinkUNet34 and 50.
    private static readonly int[] DeepBlocks = [2, 3, 4, 6, 2, 2, 2, 2];

    private readonly SparseSequential _stem;
    private readonly SparseSequential[] _resize = new SparseSequential[2 * Stages];
    private readonly SparseSequential[] _blocks = new SparseSequential[2 * Stages];
    private readonly SubMConvNd _final;

    private MinkUNet(
        MinkUNetKind kind,
        long input,
        long output,
        double width,
        PerAxis stemKernel,
        SparseLayerFactory factory
    )
        : base(kind.ToString())
    {
        var bottleneck = kind == MinkUNetKind.MinkUNet50;
        var expansion = bottleneck ? ResidualBlock.BottleneckExpansion : 1;
        var planes = Planes.Select(count => Scale(count, width)).ToArray();
        var stem = Scale(StemPlanes, width);
        _stem = Unit("conv0p1s1", factory.SubM(input, stem, stemKernel), "bn0", factory.Norm(stem));

        var current = stem;
        var skips = new Stack<long>();
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            var down = stage < Stages;
            var resized = down ? current : planes[stage];
            if (down)
            {
                skips.Push(current);
            }

            SparseConvolution convolution = down ? factory.Down(current, resized) : factory.Up(current, resized);
            _resize[stage] = Unit(ConvolutionName(stage), convolution, NormName(stage), factory.Norm(resized));
            _blocks[stage] = new SparseSequential();
            current = down ? resized : resized + skips.Pop();
            for (var i = 0; i < Depth(kind, stage); i++)
            {
                _blocks[stage].append(new ResidualBlock(factory, current, planes[stage], bottleneck));
                current = planes[stage] * expansion;
            }

            register_module($"block{stage + 1}", _blocks[stage]);
        }

        _final = factory.SubM(current, output, 1, bias: true);
        register_module("final", _final);
    }

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
        return new MinkUNet(kind, in_channels, out_channels, width, stem_kernel ?? 5, factory);
    }

    /// <summary>Logits [N, out_channels] on the voxels of the input.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var current = _stem.call(input);
        var skips = new Stack<SparseTensor>();
        for (var stage = 0; stage < 2 * Stages; stage++)
        {
            if (stage < Stages)
            {
                skips.Push(current);
                current = _blocks[stage].call(_resize[stage].call(current));
            }
            else
            {
                var skip = skips.Pop();
                current = _blocks[stage].call(SparseTensor.cat(_resize[stage].call(current), skip));
            }
        }

        return _final.call(current).MoveToOuterDisposeScope();
    }

    private static long Scale(long planes, double width) => Math.Max(1, (long)(planes * width));

    private static int Depth(MinkUNetKind kind, int stage) =>
        kind switch
        {
            MinkUNetKind.MinkUNet14 => 1,
            MinkUNetKind.MinkUNet18 => 2,
            _ => DeepBlocks[stage],
        };

    // conv1p1s2 .. conv4p8s2 and convtr4p16s2 .. convtr7p2s2: the p is the stride of the input.
    private static string ConvolutionName(int stage) =>
        stage < Stages ? $"conv{stage + 1}p{1 << stage}s2" : $"convtr{stage}p{1 << ((2 * Stages) - stage)}s2";

    private static string NormName(int stage) => stage < Stages ? $"bn{stage + 1}" : $"bntr{stage}";

    /// <summary>Convolution, norm and ReLU in a row; the first two are registered under this module's own names.</summary>
    private SparseSequential Unit(
        string convolutionName,
        SparseConvolution convolution,
        string normName,
        torch.nn.Module<torch.Tensor, torch.Tensor> norm
    )
    {
        register_module(convolutionName, convolution);
        register_module(normName, norm);
        return new SparseSequential(convolution, norm, torch.nn.ReLU(inplace: true));
    }
}
