using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.SparseConv;
using static TorchSharp.torch;

namespace SparseDigits;

/// <summary>
/// A network in the manner of VGG: four stages of two 3 x 3 convolutions, each halved by max pooling but the last, which
/// a 4 x 4 convolution gathers into one site; then a linear layer.
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

    /// <summary>Everything before the linear layer.</summary>
    public SparseSequential Layers => _stages;

    /// <summary>Scores [batch, 10]; a blank image, which has no site, is judged by the bias.</summary>
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
