using TorchSharp;
using TorchSharp.SparseConv;

namespace SparseDigits;

/// <summary>What a pass forward costs.</summary>
internal static class MultiplyAdds
{
    /// <summary>
    /// The multiply-adds of all convolutions for a batch: sparse ones make one for each rulebook pair, input and output
    /// channel; the dense twin of the same sizes one for each output pixel, tap, input and output channel.
    /// </summary>
    public static (long Sparse, long Dense) Of(DigitNet net, SparseTensor input) => Of(net.Layers, input);

    /// <summary>The same of layers in a row.</summary>
    public static (long Sparse, long Dense) Of(SparseSequential layers, SparseTensor input)
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        var (sparse, dense) = (0L, 0L);
        var current = input;
        for (var i = 0; i < layers.Count; i++)
        {
            if (layers[i] is not torch.nn.Module<SparseTensor, SparseTensor> layer)
            {
                continue; // norms and rectifiers leave the sites alone
            }
            var next = layer.call(current);
            if (layer is SparseConvolution convolution)
            {
                var channels = convolution.in_channels * convolution.out_channels / convolution.groups;
                var rulebook = next.manager.Rulebook(next.map, current.map, convolution.Geometry);
                var pixels = next.spatial_shape!.Value.Aggregate(
                    (long)next.batch_size,
                    (product, size) => product * size
                );
                sparse += rulebook.Pairs * channels;
                dense += pixels * rulebook.Taps * channels;
            }
            current = next;
        }
        return (sparse, dense);
    }
}
