namespace TorchSharp.SparseConv;

/// <summary>
/// A residual block (He et al. 2016): convolutions with kernels 3, 3, or as a bottleneck 1, 3, 1 with four times the
/// planes out, each with norm and ReLU; the input, or its projection where the channels change, is added before the
/// last ReLU.
/// </summary>
internal sealed class ResidualBlock : torch.nn.Module<SparseTensor, SparseTensor>, IPlanned
{
    internal const int BottleneckExpansion = 4;

    /// <summary>
    /// Names are MinkowskiEngine's, conv1, norm1, conv2, ..., or with numbers spvnas': net.0, net.1, net.3, net.4. Both
    /// have downsample.0 and .1 for the projection.
    /// </summary>
    internal ResidualBlock(SparseLayerFactory factory, long input, long planes, bool bottleneck, bool numbered = false)
        : base(nameof(ResidualBlock))
    {
        var output = bottleneck ? planes * BottleneckExpansion : planes;
        (long From, long To, int Kernel)[] layers = bottleneck
            ? [(input, planes, 1), (planes, planes, 3), (planes, output, 1)]
            : [(input, planes, 3), (planes, planes, 3)];
        var modules = new List<torch.nn.Module>();
        foreach (var (from, to, kernel) in layers)
        {
            modules.AddRange([factory.SubM(from, to, kernel), factory.Norm(to), torch.nn.ReLU(inplace: true)]);
        }

        if (numbered)
        {
            register_module("net", torch.nn.ModuleList(modules.SkipLast(1).ToArray()));
        }
        else
        {
            for (var i = 0; i < layers.Length; i++)
            {
                register_module($"conv{i + 1}", modules[3 * i]);
                register_module($"norm{i + 1}", modules[(3 * i) + 1]);
            }
        }

        SparseSequential? downsample = null;
        if (input != output)
        {
            downsample = new SparseSequential(factory.SubM(input, output, 1), factory.Norm(output));
            register_module(nameof(downsample), downsample);
        }

        Plan = LayerPlan.OfResidual(modules, downsample);
    }

    /// <summary>The block's layers, and the way around them.</summary>
    public LayerPlan Plan { get; }

    /// <summary>The layers' result plus the input, or its projection, rectified.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        return Plan.Run(input).MoveToOuterDisposeScope();
    }

    // All is registered under the checkpoints' names; properties would add a second name.
    protected override void RegisterComponents() { }
}
