using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>What it takes to run a block again: the block, its input's sites, and the random numbers it drew.</summary>
internal sealed class CheckpointCall(
    torch.nn.Module<SparseTensor, SparseTensor> block,
    SparseTensor input,
    IReadOnlyList<torch.Tensor> parameters
)
{
    private readonly CoordinateMap _sites = input.map;
    private readonly int _batchSize = input.batch_size;
    private readonly byte[] _random = RandomState.Read();
    private readonly long? _cudaSeed = RandomState.SeedCuda(input.features);

    /// <summary>Those of the block's parameters that want a gradient.</summary>
    internal IReadOnlyList<torch.Tensor> Parameters { get; } = parameters;

    /// <summary>Whether the features want a gradient.</summary>
    internal bool NeedsFeatures { get; } = input.features.requires_grad;

    /// <summary>[N, C].</summary>
    internal long[] FeaturesShape { get; } = input.features.shape;

    /// <summary>
    /// Gives the block's features again, on the autograd graph, with the random numbers of the first time, to the function;
    /// after it the state of the process's random numbers and the block's buffers are as before.
    /// </summary>
    internal void Repeat(torch.Tensor features, Action<torch.Tensor> differentiate)
    {
        var before = RandomState.Read();
        var buffers = block.buffers().Select(buffer => (buffer, buffer.detach().clone())).ToArray();
        try
        {
            RandomState.Write(_random);
            RandomState.SeedCuda(_cudaSeed);
            differentiate(Call(features));
        }
        finally
        {
            RandomState.Write(before);
            if (_cudaSeed is not null)
            {
                RandomState.SeedCuda(features);
            }

            foreach (var (buffer, saved) in buffers)
            {
                TensorMemory.Restore(buffer, saved);
            }
        }
    }

    private torch.Tensor Call(torch.Tensor features)
    {
        using var tracked = torch.enable_grad();
        return block.call(new SparseTensor(features, _sites, _batchSize)).features;
    }
}
