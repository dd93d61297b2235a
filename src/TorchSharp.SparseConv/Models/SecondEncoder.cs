using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The encoder of SECOND (Yan et al. 2018), which detectors share: submanifold convolutions on the input's voxels, then
/// stages that begin with a strided convolution (kernel 3, stride 2, padding 1, writing all that it reaches) followed
/// by submanifold ones, each with norm (eps 1e-3, momentum 0.01) and ReLU. Gives one tensor a stage, at strides 1, 2,
/// 4, ...
/// </summary>
/// <remarks>
/// Parameters are named stage0.0 (convolution), stage0.1 (norm), stage0.3, stage0.4 and so on, then stage1.
/// </remarks>
public sealed class SecondEncoder : SparseEncoder
{
    private const int DownKernel = 3;

    private static readonly long[] Standard = [16, 32, 64, 64];

    private readonly SparseSequential[] _stages;

    /// <summary>
    /// channels are those of each stage, 16, 32, 64, 64 where null. layers is the number of submanifold convolutions in
    /// each stage, 1 or more, beside the strided one; kernel_size is theirs, 3 where null. dimensions is 1 to 4. Throws
    /// ArgumentException naming what is out of range.
    /// </summary>
    public SecondEncoder(
        long in_channels,
        IReadOnlyList<long>? channels = null,
        int layers = 2,
        PerAxis? kernel_size = null,
        int dimensions = 3,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SecondEncoder), channels ?? Standard, Strides((channels ?? Standard).Count, dimensions))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        var factory = new SparseLayerFactory(dimensions, device, dtype, normEpsilon: 1e-3, normMomentum: 0.01);
        _stages = new SparseSequential[this.channels.Count];
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            var current = stage == 0 ? in_channels : this.channels[stage - 1];
            var planes = this.channels[stage];
            _stages[stage] = new SparseSequential();
            if (stage > 0)
            {
                Add(stage, factory.Down(current, planes, DownKernel), factory);
                current = planes;
            }

            for (var layer = 0; layer < layers; layer++)
            {
                Add(stage, factory.SubM(current, planes, kernel_size ?? 3), factory);
                current = planes;
            }

            register_module($"stage{stage}", _stages[stage]);
        }
    }

    /// <summary>The tensors of all stages, the finest first.</summary>
    public override SparseTensor[] forward(SparseTensor? input) => EncoderStages.Run(_stages, input);

    // All is registered under names of its own; the field would add a second one.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }

    private static PerAxis[] Strides(int stages, int dimensions)
    {
        EncoderStages.RequireDimensions(dimensions);
        return EncoderStages.Strides(stages, dimensions);
    }

    private void Add(int stage, SparseConvolution convolution, SparseLayerFactory factory) =>
        _stages[stage]
            .append(convolution)
            .append(factory.Norm(convolution.out_channels))
            .append(torch.nn.ReLU(inplace: true));
}

/// <content>The encoder of SECOND.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>The encoder of SECOND; see <see cref="SparseConv.SecondEncoder"/>.</summary>
        public static SecondEncoder SecondEncoder(
            long in_channels,
            IReadOnlyList<long>? channels = null,
            int layers = 2,
            PerAxis? kernel_size = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, channels, layers, kernel_size, dimensions, device, dtype);
    }
}
