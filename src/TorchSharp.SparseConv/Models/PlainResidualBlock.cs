namespace TorchSharp.SparseConv;

/// <summary>A residual block of two kernels of 3 with spvnas' names: net.0, 1, 3, 4, and downsample.0, 1 where channels change.</summary>
internal sealed class PlainResidualBlock : torch.nn.Module<SparseTensor, SparseTensor>
{
    private readonly SparseSequential _net;
    private readonly SparseSequential? _downsample;

    internal PlainResidualBlock(SparseLayerFactory factory, long input, long output)
        : base(nameof(PlainResidualBlock))
    {
        _net = new SparseSequential(
            factory.SubM(input, output, 3),
            factory.Norm(output),
            torch.nn.ReLU(inplace: true),
            factory.SubM(output, output, 3),
            factory.Norm(output)
        );
        register_module("net", _net);
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
        return _net.Join(input, () => _downsample?.call(input) ?? input);
    }

    // All is registered under the checkpoints' names; the fields would add a second name.
    protected override void RegisterComponents() { }
}
