using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A residual network that classifies whole scans: a <see cref="SparseResNetEncoder"/>, global pooling over the voxels
/// of its last stage, and a linear layer. From N voxels to [batch, out_channels]; a scan without voxels is judged by
/// the linear layer's bias.
/// </summary>
public sealed class SparseResNet : torch.nn.Module<SparseTensor, torch.Tensor>
{
    private readonly torch.nn.Module<SparseTensor, torch.Tensor> _pooling;
    private readonly Linear _classifier;

    /// <summary>Parameters as in <see cref="SparseResNetEncoder"/>; pooling makes one row of each scan.</summary>
    public SparseResNet(
        SparseResNetKind kind,
        long in_channels,
        long out_channels,
        double width = 1.0,
        PerAxis? stem_kernel = null,
        PerAxis? down_kernel = null,
        int dimensions = 3,
        GlobalPooling pooling = GlobalPooling.Average,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseResNet))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        _pooling = pooling switch
        {
            GlobalPooling.Average => new SparseGlobalAvgPool(),
            GlobalPooling.Max => new SparseGlobalMaxPool(),
            GlobalPooling.Sum => new SparseGlobalSumPool(),
            _ => throw new ArgumentException($"pooling is {pooling}, must be Average, Max or Sum.", nameof(pooling)),
        };
        encoder = new SparseResNetEncoder(
            kind,
            in_channels,
            width,
            stem_kernel,
            down_kernel,
            dimensions,
            device,
            dtype
        );
        _classifier = torch.nn.Linear(encoder.channels[^1], out_channels, device: device, dtype: dtype);
        register_module(nameof(encoder), encoder);
        register_module("fc", _classifier);
    }

    /// <summary>The trunk, which gives the tensors of all stages.</summary>
    public SparseResNetEncoder encoder { get; }

    /// <summary>Logits [batch, out_channels].</summary>
    public override torch.Tensor forward(SparseTensor? input)
    {
        using var scope = torch.NewDisposeScope();
        var pooled = _pooling.call(encoder.call(input!)[^1]);
        var logits = RowLinear.Run(_classifier, Precision.Widen(pooled));
        return Precision.As(logits, pooled.dtype).MoveToOuterDisposeScope();
    }

    // All is registered under names of its own; the fields would add a second one.
    /// <summary>Nothing is left to register.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>The depth of a <see cref="SparseResNet"/>, by the residual blocks of the ResNet of that name.</summary>
public enum SparseResNetKind
{
    /// <summary>2, 2, 2, 2 basic blocks.</summary>
    ResNet18,

    /// <summary>3, 4, 6, 3 basic blocks.</summary>
    ResNet34,

    /// <summary>3, 4, 6, 3 bottleneck blocks, which give four times the channels.</summary>
    ResNet50,
}

/// <content>The classifier.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>
        /// A residual network that classifies whole scans; see <see cref="SparseConv.SparseResNet"/>.
        /// </summary>
        public static SparseResNet SparseResNet(
            SparseResNetKind kind,
            long in_channels,
            long out_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            PerAxis? down_kernel = null,
            int dimensions = 3,
            GlobalPooling pooling = GlobalPooling.Average,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(kind, in_channels, out_channels, width, stem_kernel, down_kernel, dimensions, pooling, device, dtype);
    }
}
