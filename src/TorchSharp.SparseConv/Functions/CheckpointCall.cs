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

    /// <summary>Those of the block's parameters that want a gradient.</summary>
    internal IReadOnlyList<torch.Tensor> Parameters { get; } = parameters;

    /// <summary>Whether the features want a gradient.</summary>
    internal bool NeedsFeatures { get; } = input.features.requires_grad;

    /// <summary>[N, C].</summary>
    internal long[] FeaturesShape { get; } = input.features.shape;

    /// <summary>
    /// The block's features again, on the autograd graph, with the random numbers of the first time; the state of the
    /// process's random numbers and the block's buffers stay as they are.
    /// </summary>
    internal torch.Tensor Repeat(torch.Tensor features)
    {
        var before = RandomState.Read();
        var buffers = block.buffers().Select(buffer => (buffer, TensorMemory.Bytes(buffer).ToArray())).ToArray();
        try
        {
            RandomState.Write(_random);
            using var tracked = torch.enable_grad();
            return block.call(new SparseTensor(features, _sites, _batchSize)).features;
        }
        finally
        {
            RandomState.Write(before);

            // Through memory: the backward pass that follows has saved these buffers, and refuses what is written by copy_.
            foreach (var (buffer, bytes) in buffers)
            {
                bytes.CopyTo(TensorMemory.Bytes(buffer));
            }
        }
    }
}
