using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A feature pyramid (Lin et al. 2017) over the stages of an encoder, for detection heads: each stage goes through a
/// 1x1 convolution; from the coarsest down, a transposed convolution spreads a level over the voxels of the finer
/// stage, where both are added; and a submanifold convolution with norm and ReLU smooths each level. Every level has
/// the same number of channels, and the very voxels of its stage.
/// </summary>
/// <remarks>
/// Kernel and stride of a transposed convolution are the ratio of the two strides, so that each fine voxel has one
/// coarse voxel above it. Parameters are named encoder, lateral0, up0, smooth0 and so on, 0 being the finest level.
/// </remarks>
public sealed class SparseFPN : torch.nn.Module<SparseTensor, SparseTensor[]>
{
    private readonly SubMConvNd[] _lateral;
    private readonly SparseConvTransposeNd[] _up;
    private readonly SparseSequential[] _smooth;
    private readonly int _finest;

    /// <summary>
    /// Over an encoder, which becomes a part of this module. finest is the first of its stages that the pyramid takes:
    /// 0 is the stage at the input's own stride, where most voxels are. kernel_size is that of the smoothing, 3 where
    /// null.
    /// </summary>
    public SparseFPN(
        SparseEncoder encoder,
        long out_channels,
        int finest = 1,
        PerAxis? kernel_size = null,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseFPN))
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        var stages = encoder.channels.Count;
        if (finest < 0 || finest >= stages)
        {
            throw new ArgumentOutOfRangeException(
                nameof(finest),
                finest,
                $"finest is {finest}, must be a stage of the encoder from 0 to {stages - 1}."
            );
        }

        this.encoder = encoder;
        this.out_channels = out_channels;
        strides = [.. encoder.strides.Skip(finest)];
        _finest = finest;
        _lateral = new SubMConvNd[strides.Count];
        _up = new SparseConvTransposeNd[strides.Count - 1];
        _smooth = new SparseSequential[strides.Count];
        register_module(nameof(encoder), encoder);
        var factory = new SparseLayerFactory(strides[0].Count, device, dtype);
        for (var level = 0; level < strides.Count; level++)
        {
            _lateral[level] = factory.SubM(encoder.channels[finest + level], out_channels, 1, bias: true);
            register_module($"lateral{level}", _lateral[level]);
            if (level < _up.Length)
            {
                var ratio = Strides.Divide(strides[level + 1], strides[level]);
                _up[level] = factory.Up(out_channels, out_channels, ratio);
                register_module($"up{level}", _up[level]);
            }

            _smooth[level] = new SparseSequential(
                factory.SubM(out_channels, out_channels, kernel_size ?? 3),
                factory.Norm(out_channels),
                torch.nn.ReLU(inplace: true)
            );
            register_module($"smooth{level}", _smooth[level]);
        }
    }

    /// <summary>What the pyramid stands on.</summary>
    public SparseEncoder encoder { get; }

    /// <summary>The channels of every level.</summary>
    public long out_channels { get; }

    /// <summary>The stride of each level relative to the input, the finest first.</summary>
    public IReadOnlyList<PerAxis> strides { get; }

    /// <summary>
    /// The levels [N, out_channels] of the pyramid, the finest first, on the voxels of the encoder's stages.
    /// </summary>
    public override SparseTensor[] forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var stages = encoder.call(input);
        if (stages.Length != encoder.channels.Count)
        {
            throw new InvalidOperationException(
                $"{encoder.GetName()} gave {stages.Length} tensors, must give the {encoder.channels.Count} of its stages."
            );
        }

        var levels = new SparseTensor[strides.Count];
        SparseTensor? above = null;
        for (var level = levels.Length - 1; level >= 0; level--)
        {
            var own = _lateral[level].call(stages[_finest + level]);
            above = above is null ? own : own + _up[level].call(above, own);
            levels[level] = _smooth[level].call(above);
        }

        return Array.ConvertAll(levels, level => level.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The levels of <see cref="forward"/> as dense maps seen along one axis, whose sites become channels: [batch,
    /// out_channels * size, the other axes] each, as <see cref="SparseTensor.bird_eye_view"/> lays them out. Throws
    /// ArgumentException where the input has no spatial shape, since maps of two batches would then differ in size.
    /// </summary>
    public torch.Tensor[] bird_eye_views(SparseTensor input, int axis = -1)
    {
        ArgumentNullException.ThrowIfNull(input);
        RequireShape(input);
        using var scope = torch.NewDisposeScope();
        return Array.ConvertAll(call(input), level => level.bird_eye_view(axis).MoveToOuterDisposeScope());
    }

    /// <summary>One of <see cref="bird_eye_views"/>, by its level, 0 being the finest.</summary>
    public torch.Tensor bird_eye_view(SparseTensor input, int level, int axis = -1)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (level < 0 || level >= strides.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(level),
                level,
                $"level is {level}, must be from 0 to {strides.Count - 1}."
            );
        }

        RequireShape(input);
        using var scope = torch.NewDisposeScope();
        return call(input)[level].bird_eye_view(axis).MoveToOuterDisposeScope();
    }

    // All is registered under names of its own; the fields would add a second one.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }

    private static void RequireShape(SparseTensor input)
    {
        if (input.spatial_shape is null)
        {
            throw new ArgumentException(
                $"input is {input}, must have a spatial shape: it is what sizes the maps.",
                nameof(input)
            );
        }
    }
}

/// <content>The feature pyramid.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A feature pyramid over an encoder; see <see cref="SparseConv.SparseFPN"/>.</summary>
        public static SparseFPN SparseFPN(
            SparseEncoder encoder,
            long out_channels,
            int finest = 1,
            PerAxis? kernel_size = null,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(encoder, out_channels, finest, kernel_size, device, dtype);
    }
}
