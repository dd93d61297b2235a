using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What every norm shares: a number of channels, an epsilon, and an optional scale and shift of each channel. 16-bit
/// features are normalized in float32 and rounded once, beside parameters of their type or float32.
/// </summary>
public abstract class SparseNorm : torch.nn.Module<SparseTensor, SparseTensor>
{
    private const string WeightName = "weight";
    private const string BiasName = "bias";

    private protected SparseNorm(
        string name,
        long num_features,
        double eps,
        bool affine,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(num_features);
        if (!(eps >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(eps), eps, $"eps is {eps}, must be 0 or more.");
        }

        this.num_features = num_features;
        this.eps = eps;
        if (affine)
        {
            weight = new Parameter(torch.ones(new[] { num_features }, dtype, device));
            bias = new Parameter(torch.zeros(new[] { num_features }, dtype, device));
        }
    }

    /// <summary>The number of channels.</summary>
    public long num_features { get; }

    /// <summary>What is added to variances.</summary>
    public double eps { get; }

    /// <summary>The scale of each channel, [C], or null where the layer has none.</summary>
    public Parameter? weight
    {
        get => has_parameter(WeightName) ? get_parameter(WeightName) : null;
        set => Register(WeightName, value);
    }

    /// <summary>The shift of each channel, [C], or null where the layer has none.</summary>
    public Parameter? bias
    {
        get => has_parameter(BiasName) ? get_parameter(BiasName) : null;
        set => Register(BiasName, value);
    }

    /// <summary>Normalizes [N, C]; throws ArgumentException for another number of channels or type of parameters.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.channels != num_features)
        {
            throw new ArgumentException(
                $"input has {input.channels} channels, {GetName()} takes {num_features}.",
                nameof(input)
            );
        }

        Precision.RequireParameter(weight, input, GetName());
        return Apply(input);
    }

    /// <summary>Normalizes an input that was found to fit.</summary>
    private protected virtual SparseTensor Apply(SparseTensor input)
    {
        using var scope = torch.NewDisposeScope();
        var normalized = Normalize(input.with_features(Precision.Widen(input.features)));
        return input.with_features(Precision.As(normalized, input.features.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>The normalized features, scaled and shifted; a new tensor. 16-bit ones come and go as float32.</summary>
    private protected abstract torch.Tensor Normalize(SparseTensor input);

    /// <summary>Scales and shifts [N, C] where the layer does.</summary>
    private protected torch.Tensor Affine(torch.Tensor features)
    {
        var (scale, shift) = (weight, bias);
        if (scale is null || shift is null)
        {
            return features;
        }

        // A batch norm of nothing but its scale and shift, whose gradients do not depend on the number of threads.
        return new NormOp(
            features,
            scale,
            shift,
            residual: null,
            NormOp.Neutral(features),
            NormStatistics.Given,
            epsilon: 0,
            Activation.Identity,
            mayOverwrite: false
        ).Run();
    }

    private void Register(string name, Parameter? value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.ndim != 1 || value.shape[0] != num_features)
        {
            throw new ArgumentException(
                $"{name} has shape {Shapes.Text(value.shape)}, must be [{num_features}].",
                nameof(value)
            );
        }

        // A parameter outlives the scope in which its layer was made.
        value.DetachFromDisposeScope();
        ConditionallyRegisterParameter(name, value);
    }
}

/// <summary>
/// Layer normalization over the channels of each voxel: PyTorch's LayerNorm on the features. For any number of axes.
/// </summary>
public sealed class SparseLayerNorm : SparseNorm
{
    /// <summary>Parameters as in torch.nn.LayerNorm, whose normalized shape is the channels.</summary>
    public SparseLayerNorm(
        long num_features,
        double eps = 1e-5,
        bool elementwise_affine = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseLayerNorm), num_features, eps, elementwise_affine, device, dtype) { }

    private protected override torch.Tensor Normalize(SparseTensor input) =>
        Affine(torch.nn.functional.layer_norm(input.features, [num_features], null, null, eps));
}

/// <content>Layer norm.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Layer normalization of each voxel; see <see cref="SparseConv.SparseLayerNorm"/>.</summary>
        public static SparseLayerNorm SparseLayerNorm(
            long num_features,
            double eps = 1e-5,
            bool elementwise_affine = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, elementwise_affine, device, dtype);
    }
}
