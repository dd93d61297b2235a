using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A network that gives one sparse tensor for each of its stages, the finest first, as pyramids and heads take them. Derive
/// from it to put a <see cref="SparseFPN"/> over layers of your own.
/// </summary>
public abstract class SparseEncoder : torch.nn.Module<SparseTensor, SparseTensor[]>
{
    /// <summary>
    /// For stages of the given channels and strides, these relative to the input; throws ArgumentException unless there is
    /// one of each for every stage and each stride is a multiple of the one before.
    /// </summary>
    protected SparseEncoder(string name, IReadOnlyList<long> channels, IReadOnlyList<PerAxis> strides)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(strides);
        if (channels.Count == 0 || channels.Count != strides.Count || channels.Any(count => count < 1))
        {
            throw new ArgumentException(
                $"channels are [{string.Join(", ", channels)}] and there are {strides.Count} strides, must be one or more "
                    + "stages of 1 channel or more, with a stride each.",
                nameof(channels)
            );
        }

        for (var stage = 1; stage < strides.Count; stage++)
        {
            if (
                strides[stage].Count != strides[0].Count
                || strides[stage].Zip(strides[stage - 1]).Any(axis => axis.First % axis.Second != 0)
            )
            {
                throw new ArgumentException(
                    $"strides go from {strides[stage - 1]} to {strides[stage]}, must be a multiple on every axis.",
                    nameof(strides)
                );
            }
        }

        this.channels = [.. channels];
        this.strides = [.. strides];
    }

    /// <summary>The channels of each stage, the finest first.</summary>
    public IReadOnlyList<long> channels { get; }

    /// <summary>The stride of each stage relative to the input, on each axis, the finest first.</summary>
    public IReadOnlyList<PerAxis> strides { get; }
}
