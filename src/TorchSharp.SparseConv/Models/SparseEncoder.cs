using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A network that gives one sparse tensor for each of its stages, the finest first, as pyramids and heads take them.
/// Derive from it to put a <see cref="SparseFPN"/> over layers of your own.
/// </summary>
public abstract class SparseEncoder : torch.nn.Module<SparseTensor, SparseTensor[]>
{
    /// <summary>
    /// For stages of the given channels and strides, these relative to the input; throws ArgumentException unless there
    /// is one of each for every stage and each stride is a multiple of the one before.
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

/// <summary>What encoders of halving stages share.</summary>
internal static class EncoderStages
{
    /// <summary>1, 2, 4, ... on every axis.</summary>
    internal static PerAxis[] Strides(int stages, int dimensions) =>
        [.. Enumerable.Range(0, stages).Select(stage => PerAxis.Repeat(1 << stage, dimensions))];

    /// <summary>
    /// Each stage on what the one before gave; what lies inside of a stage is disposed, what it gives is not.
    /// </summary>
    internal static SparseTensor[] Run(IReadOnlyList<SparseSequential> stages, SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var results = new SparseTensor[stages.Count];
        for (var stage = 0; stage < stages.Count; stage++)
        {
            results[stage] = stages[stage].call(stage == 0 ? input : results[stage - 1]);
        }

        return Array.ConvertAll(results, result => result.MoveToOuterDisposeScope());
    }

    /// <summary>Refuses a number of axes that no layer has.</summary>
    internal static void RequireDimensions(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, PerAxis.MaxCount);
    }

    /// <summary>Refuses a kernel that leaves out voxels between two steps of 2, or has none.</summary>
    internal static void RequireDownKernel(PerAxis kernel, int dimensions, string name)
    {
        var size = kernel.Expand(dimensions, name);
        if (size.Any(one => one < 2))
        {
            throw new ArgumentException($"{name} is {size}, must be 2 or more on every axis: the stride is 2.", name);
        }
    }
}
