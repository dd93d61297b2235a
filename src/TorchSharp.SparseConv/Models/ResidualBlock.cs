using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A residual block with MinkowskiEngine's names: conv1, norm1, conv2, norm2 (kernels 3, 3), or as a bottleneck conv1 to
/// conv3 (kernels 1, 3, 1; four times the planes out); downsample.0 and .1 where the channels change.
/// </summary>
internal sealed class ResidualBlock : torch.nn.Module<SparseTensor, SparseTensor>, IFusible, IConsumer
{
    internal const int BottleneckExpansion = 4;

    private readonly List<(SubMConvNd Convolution, SparseBatchNorm Norm)> _layers = [];
    private readonly SparseSequential? _downsample;
    private ConvolutionUnit[] _units = [];

    internal ResidualBlock(SparseLayerFactory factory, long input, long planes, bool bottleneck)
        : base(nameof(ResidualBlock))
    {
        var output = bottleneck ? planes * BottleneckExpansion : planes;
        Add(factory, input, planes, bottleneck ? 1 : 3);
        Add(factory, planes, planes, 3);
        if (bottleneck)
        {
            Add(factory, planes, output, 1);
        }

        if (input != output)
        {
            _downsample = new SparseSequential(factory.SubM(input, output, 1), factory.Norm(output));
            register_module("downsample", _downsample);
        }
    }

    /// <summary>The input, or its projection, plus the layers' result, rectified.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Run(input, owned: false);
    }

    SparseTensor IConsumer.Consume(SparseTensor input) => Run(input, owned: true);

    private SparseTensor Run(SparseTensor input, bool owned)
    {
        if (_units.Length > 0 && Array.TrueForAll(_units, unit => unit.IsActive))
        {
            return Infer(input, owned);
        }

        using var scope = torch.NewDisposeScope();
        var current = input;
        for (var i = 0; i < _layers.Count; i++)
        {
            var (convolution, norm) = _layers[i];
            var last = i == _layers.Count - 1;
            var watched = ModuleHooks.Any(convolution);
            var convolved = convolution.call(watched ? current.WithoutRecipe() : current);
            if (i > 0)
            {
                current.Dispose();
            }

            current = NormPass.Run(
                norm,
                convolved,
                Activation.Relu,
                !watched,
                last ? () => Shortcut(input, owned) : null
            );
            if (!ReferenceEquals(convolved.features, current.features))
            {
                convolved.Dispose();
            }
        }

        if (owned)
        {
            input.Dispose();
        }

        return current.MoveToOuterDisposeScope();
    }

    private SparseTensor Shortcut(SparseTensor input, bool owned) =>
        _downsample is null ? input
        : owned ? _downsample.Consume(input)
        : _downsample.CallWithin(input);

    /// <summary>Each convolution with the norm and the ReLU after it, the last one with the shortcut.</summary>
    IEnumerable<ConvolutionUnit> IFusible.FindUnits()
    {
        if (_units.Length == 0 && _layers.TrueForAll(layer => ConvolutionUnit.CanFold(layer.Convolution, layer.Norm)))
        {
            _units = [.. _layers.Select(layer => new ConvolutionUnit(layer.Convolution, layer.Norm, rectifies: true))];
            return _units;
        }

        return [];
    }

    private SparseTensor Infer(SparseTensor input, bool owned)
    {
        using var scope = torch.NewDisposeScope();
        var current = _units[0].Infer(input);
        var shortcut = Shortcut(input, owned);
        for (var i = 1; i < _units.Length; i++)
        {
            var next = _units[i].Infer(current, i == _units.Length - 1 ? shortcut.features : null);
            current.Dispose();
            current = next;
        }

        if (owned)
        {
            shortcut.Dispose();
        }

        return current.MoveToOuterDisposeScope();
    }

    // All is registered under the checkpoints' names; the fields would add a second name.
    protected override void RegisterComponents() { }

    private void Add(SparseLayerFactory factory, long input, long output, int kernel)
    {
        var convolution = factory.SubM(input, output, kernel);
        var norm = factory.Norm(output);
        _layers.Add((convolution, norm));
        register_module($"conv{_layers.Count}", convolution);
        register_module($"norm{_layers.Count}", norm);
    }
}
