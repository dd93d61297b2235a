using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.SparseConv;
using static TorchSharp.torch;

namespace SparseDigits;

/// <summary>
/// A network like VGG: four stages of two 3 x 3 convolutions with max pooling between them, a 4 x 4 convolution that
/// gathers the image into one site, and a linear layer.
/// </summary>
internal sealed class DigitNet : nn.Module<SparseTensor, Tensor>
{
    private const int Stages = 4;

    private readonly SparseSequential _stages = new();
    private readonly Linear _classifier;

    public DigitNet(int width, SiteRule sites)
        : base(nameof(DigitNet))
    {
        long channels = 1;
        for (var stage = 1; stage <= Stages; stage++)
        {
            for (var i = 0; i < 2; i++)
            {
                var convolution = Convolution(channels, stage * width, sites);
                channels = stage * width;
                Add(convolution, channels);
            }
            if (stage < Stages)
            {
                _stages.append(nn.SparseMaxPool2d(2));
            }
        }
        var gather = nn.SparseConv2d(channels, 2 * channels, kernel_size: Digits.Canvas >> (Stages - 1), bias: false);
        Add(gather, gather.out_channels);
        _classifier = nn.Linear(gather.out_channels, Digits.Classes);
        RegisterComponents();
    }

    /// <summary>All layers before the linear layer.</summary>
    public SparseSequential Layers => _stages;

    /// <summary>Returns scores [batch, 10]. A blank image has no site, so that its scores are the bias.</summary>
    public override Tensor forward(SparseTensor? input)
    {
        using var scope = NewDisposeScope();
        var gathered = _stages.call(input!).dense().flatten(1);
        return _classifier.call(gathered).MoveToOuterDisposeScope();
    }

    private static SparseConvolution Convolution(long input, long output, SiteRule sites) =>
        sites == SiteRule.Submanifold
            ? nn.SubMConv2d(input, output, kernel_size: 3, bias: false)
            : nn.SparseConv2d(input, output, kernel_size: 3, padding: 1, bias: false);

    private void Add(SparseConvolution convolution, long channels) =>
        _stages.append(convolution).append(nn.BatchNorm1d(channels)).append(nn.ReLU(inplace: true));
}

/// <summary>The pixels that a 3 x 3 convolution writes.</summary>
internal enum SiteRule
{
    /// <summary>The pixels that it reads: strokes stay as thin as they are (SSC in the paper).</summary>
    Submanifold,

    /// <summary>All pixels that it reaches: strokes grow by a pixel in each layer (SC in the paper).</summary>
    Dilating,
}

/// <summary>Counts the cost of a forward pass.</summary>
internal static class MultiplyAdds
{
    /// <summary>
    /// Returns the multiply-adds of all convolutions for a batch. A sparse convolution makes one for each rulebook
    /// pair, input channel and output channel; a dense convolution of the same size makes one for each output pixel,
    /// tap, input channel and output channel.
    /// </summary>
    public static (long Sparse, long Dense) Of(DigitNet net, SparseTensor input) => Of(net.Layers, input);

    /// <summary>Returns the same for a sequence of layers.</summary>
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
