using TorchSharp.Modules;

namespace TorchSharp.SparseConv;

/// <summary>
/// Channel attention (squeeze and excitation): the mean of each scan's active voxels goes through two linear layers, and
/// the sigmoid of what comes out scales the scan's channels. 16-bit features are computed with in float32 and rounded once,
/// beside parameters of their type or float32. For any number of axes.
/// </summary>
public sealed class SparseSqueezeExcitation : torch.nn.Module<SparseTensor, SparseTensor>
{
    private readonly Linear _squeeze;
    private readonly Linear _excite;

    /// <summary>For channels channels, squeezed to channels / reduction, rounded down, and 1 at least.</summary>
    public SparseSqueezeExcitation(
        long channels,
        long reduction = 16,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseSqueezeExcitation))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(reduction);
        this.channels = channels;
        var squeezed = Math.Max(1, channels / reduction);
        _squeeze = torch.nn.Linear(channels, squeezed, device: device, dtype: dtype);
        _excite = torch.nn.Linear(squeezed, channels, device: device, dtype: dtype);
        register_module("fc1", _squeeze);
        register_module("fc2", _excite);
    }

    /// <summary>The number of channels.</summary>
    public long channels { get; }

    /// <summary>From [N, C] to [N, C]; throws ArgumentException for another number of channels.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.channels != channels)
        {
            throw new ArgumentException(
                $"input has {input.channels} channels, {GetName()} takes {channels}.",
                nameof(input)
            );
        }

        Precision.RequireParameter(_squeeze.weight, input, GetName());
        using var scope = torch.NewDisposeScope();
        var features = Precision.Widen(input.features);
        var squeezed = RowLinear.Run(_squeeze, Scans.Mean(input, features)).relu();
        var scales = RowLinear.Run(_excite, squeezed).sigmoid();
        var result = Precision.As(features * Scans.Spread(input, scales), input.features.dtype);
        return input.with_features(result).MoveToOuterDisposeScope();
    }
}

/// <content>Channel attention.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Channel attention; see <see cref="SparseConv.SparseSqueezeExcitation"/>.</summary>
        public static SparseSqueezeExcitation SparseSqueezeExcitation(
            long channels,
            long reduction = 16,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(channels, reduction, device, dtype);
    }
}
