using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A convolution with the batch norm and the ReLU that follow it. Folded, the weight has the norm's scale in it and the
/// norm does nothing but add its bias, so that one call computes the whole where no gradient is wanted; the modules
/// one after the other still compute the same.
/// </summary>
internal sealed class ConvolutionUnit
{
    private readonly bool _rectifies;
    private bool _folded;

    internal ConvolutionUnit(SparseConvolution convolution, torch.nn.Module? norm, bool rectifies)
    {
        Convolution = convolution;
        Norm = norm;
        _rectifies = rectifies;
    }

    /// <summary>The convolution, and the norm where there is one.</summary>
    internal IEnumerable<torch.nn.Module> Modules => Norm is null ? [Convolution] : [Convolution, Norm];

    private SparseConvolution Convolution { get; }

    private torch.nn.Module? Norm { get; }

    /// <summary>Whether to run the unit rather than its modules.</summary>
    internal bool IsActive =>
        _folded && !torch.is_grad_enabled() && !Convolution.training && Norm is not { training: true };

    /// <summary>Whether a module is a norm that can be folded into the convolution before it.</summary>
    internal static bool CanFold(SparseConvolution convolution, torch.nn.Module norm) =>
        NormState.Of(norm) is { } state && state.Weight.shape[0] == convolution.out_channels;

    /// <summary>Moves the norm's statistics and scale into the weight, and everything that is added into its bias.</summary>
    internal void Fold()
    {
        if (NormState.Of(Norm) is { } norm)
        {
            using var untracked = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            var scale = Precision.Widen(norm.Weight) / (Precision.Widen(norm.Variance) + norm.Epsilon).sqrt();
            var offset = -Precision.Widen(norm.Mean);
            if (Convolution.bias is { } bias)
            {
                offset = offset + Precision.Widen(bias);
                bias.zero_();
            }

            var shift = Precision.Widen(norm.Bias) + (offset * scale);
            Convolution.weight.copy_(Precision.Widen(Convolution.weight) * scale);
            norm.Weight.fill_(1);
            norm.Bias.copy_(shift);
            norm.Mean.zero_();
            norm.Variance.fill_(1 - norm.Epsilon);
        }

        _folded = true;
    }

    /// <summary>The whole unit in one call, onto the residual's features where there is one.</summary>
    internal SparseTensor Infer(SparseTensor input, torch.Tensor? residual = null) =>
        Convolution.Infer(
            input,
            NormState.Of(Norm)?.Bias ?? Convolution.bias,
            residual,
            _rectifies ? Activation.Relu : Activation.Identity
        );

    /// <summary>What a batch norm of either kind keeps, where it has all of it.</summary>
    private sealed class NormState(
        Parameter weight,
        Parameter bias,
        torch.Tensor mean,
        torch.Tensor variance,
        double epsilon
    )
    {
        internal Parameter Weight { get; } = weight;

        internal Parameter Bias { get; } = bias;

        internal torch.Tensor Mean { get; } = mean;

        internal torch.Tensor Variance { get; } = variance;

        internal double Epsilon { get; } = epsilon;

        internal static NormState? Of(torch.nn.Module? norm) =>
            norm switch
            {
                SparseBatchNorm
                {
                    weight: { } weight,
                    bias: { } bias,
                    running_mean: { } mean,
                    running_var: { } variance
                } own => new NormState(weight, bias, mean, variance, own.eps),
                BatchNorm1d
                {
                    weight: { } weight,
                    bias: { } bias,
                    running_mean: { } mean,
                    running_var: { } variance
                } dense => new NormState(weight, bias, mean, variance, dense.eps),
                _ => null,
            };
    }
}
