using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The trunk of a residual network (He et al. 2016) over sparse voxels: a submanifold stem on the input's voxels, then
/// four stages, each a strided convolution that halves the resolution and residual blocks of submanifold convolutions.
/// Gives five tensors: the stem's at stride 1, the stages' at 2, 4, 8 and 16, with width * 64, 64, 128, 256 and 512
/// channels (times 4 from the second on for ResNet50).
/// </summary>
/// <remarks>
/// Parameters are named stem.0 (convolution), stem.1 (norm), and in stage1 to stage4 likewise, then "3", "4", ... for
/// the blocks.
/// </remarks>
public sealed class SparseResNetEncoder : SparseEncoder
{
    private const int Stages = 4;

    private readonly SparseSequential[] _stages;

    /// <summary>
    /// width scales every number of channels. stem_kernel is the stem's kernel, 3 where null. down_kernel is that of
    /// the strided convolutions: 2 where null, which tiles; any other is padded by (size - 1) / 2 and writes <see
    /// cref="StridedSites.Dilate"/>. dimensions is 1 to 4. Throws ArgumentException naming what is out of range.
    /// </summary>
    public SparseResNetEncoder(
        SparseResNetKind kind,
        long in_channels,
        double width = 1.0,
        PerAxis? stem_kernel = null,
        PerAxis? down_kernel = null,
        int dimensions = 3,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseResNetEncoder), Channels(kind, width), Strides(dimensions))
    {
        var down = down_kernel ?? 2;
        EncoderStages.RequireDownKernel(down, dimensions, nameof(down_kernel));
        var factory = new SparseLayerFactory(dimensions, device, dtype);
        var blocks = Blocks(kind);
        var bottleneck = kind == SparseResNetKind.ResNet50;
        var expansion = bottleneck ? ResidualBlock.BottleneckExpansion : 1;
        var stem = channels[0];
        _stages = new SparseSequential[1 + Stages];
        _stages[0] = new SparseSequential(
            factory.SubM(in_channels, stem, stem_kernel ?? 3),
            factory.Norm(stem),
            torch.nn.ReLU(inplace: true)
        );
        register_module("stem", _stages[0]);
        for (var stage = 1; stage <= Stages; stage++)
        {
            var planes = channels[stage] / expansion;
            _stages[stage] = new SparseSequential(
                factory.Down(channels[stage - 1], planes, down),
                factory.Norm(planes),
                torch.nn.ReLU(inplace: true)
            );
            for (var block = 0; block < blocks[stage - 1]; block++)
            {
                var input = block == 0 ? planes : channels[stage];
                _stages[stage].append(new ResidualBlock(factory, input, planes, bottleneck));
            }

            register_module($"stage{stage}", _stages[stage]);
        }
    }

    /// <summary>The tensors of the stem and of the four stages, the finest first.</summary>
    public override SparseTensor[] forward(SparseTensor? input) => EncoderStages.Run(_stages, input);

    // All is registered under names of its own; the field would add a second one.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }

    /// <summary>
    /// The weights of most convolutions, without the projections: no trunk has fewer. In double, since sizes may be anything.
    /// </summary>
    internal static double LeastWeights(SparseResNetKind kind, long in_channels, double width, int stem, int dimensions)
    {
        var (channels, blocks) = (Channels(kind, width), Blocks(kind));
        var (resize, cube) = (Math.Pow(2, dimensions), Math.Pow(3, dimensions));
        var sum = Math.Pow(stem, dimensions) * in_channels * channels[0];
        for (var stage = 1; stage <= Stages; stage++)
        {
            double output = channels[stage];
            var planes = kind == SparseResNetKind.ResNet50 ? output / ResidualBlock.BottleneckExpansion : output;
            sum += resize * channels[stage - 1] * planes;
            sum +=
                blocks[stage - 1]
                * planes
                * (kind == SparseResNetKind.ResNet50 ? (cube * planes) + output : 2 * cube * planes);
        }

        return sum;
    }

    /// <summary>The channels of the last stage.</summary>
    internal static long LastChannels(SparseResNetKind kind, double width) => Channels(kind, width)[^1];

    private static long[] Channels(SparseResNetKind kind, double width)
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentException($"kind is {kind}, must be one of SparseResNetKind.", nameof(kind));
        }

        if (!(width > 0) || double.IsInfinity(width))
        {
            throw new ArgumentException($"width is {width}, must be positive and finite.", nameof(width));
        }

        var expansion = kind == SparseResNetKind.ResNet50 ? ResidualBlock.BottleneckExpansion : 1;
        long[] planes = [.. new long[] { 64, 64, 128, 256, 512 }.Select(count => Math.Max(1, (long)(count * width)))];
        return [planes[0], .. planes[1..].Select(count => count * expansion)];
    }

    private static PerAxis[] Strides(int dimensions)
    {
        EncoderStages.RequireDimensions(dimensions);
        return EncoderStages.Strides(1 + Stages, dimensions);
    }

    private static int[] Blocks(SparseResNetKind kind) =>
        kind == SparseResNetKind.ResNet18 ? [2, 2, 2, 2] : [3, 4, 6, 3];
}

/// <content>The trunk of residual networks.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>The trunk of a residual network; see <see cref="SparseConv.SparseResNetEncoder"/>.</summary>
        public static SparseResNetEncoder SparseResNetEncoder(
            SparseResNetKind kind,
            long in_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            PerAxis? down_kernel = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(kind, in_channels, width, stem_kernel, down_kernel, dimensions, device, dtype);
    }
}
