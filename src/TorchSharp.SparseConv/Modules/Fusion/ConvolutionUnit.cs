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
        BatchNormState.Of(norm) is { Weight: { } weight, Bias: not null, Mean: not null, Variance: not null }
        && weight.shape[0] == convolution.out_channels;

    /// <summary>Moves the norm's statistics and scale into the weight, and everything that is added into its bias.</summary>
    internal void Fold()
    {
        if (
            BatchNormState.Of(Norm) is
            { Weight: { } weight, Bias: { } shift, Mean: { } mean, Variance: { } variance } norm
        )
        {
            using var untracked = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            var scale = Precision.Widen(weight) / (Precision.Widen(variance) + norm.Epsilon).sqrt();
            var offset = -Precision.Widen(mean);
            if (Convolution.bias is { } bias)
            {
                offset = offset + Precision.Widen(bias);
                bias.zero_();
            }

            var added = Precision.Widen(shift) + (offset * scale);
            Convolution.weight.copy_(Precision.Widen(Convolution.weight) * scale);
            weight.fill_(1);
            shift.copy_(added);
            mean.zero_();
            variance.fill_(1 - norm.Epsilon);
        }

        _folded = true;
    }

    /// <summary>The whole unit in one call, onto the residual's features where there is one.</summary>
    internal SparseTensor Infer(SparseTensor input, torch.Tensor? residual = null) =>
        Convolution.Infer(
            input,
            BatchNormState.Of(Norm)?.Bias ?? Convolution.bias,
            residual,
            _rectifies ? Activation.Relu : Activation.Identity
        );
}
