using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of batch norm with the residual and the ReLU that follow it. Arguments of apply, and so the
/// gradients of backward: features, weight, bias, residual (each but the first may be null), call, output. Beside its
/// inputs it keeps two numbers a channel, and the output where a residual went into what ReLU cut off. Nothing leaves
/// backward, and nothing can fail inside apply: the output is computed before it.
/// </summary>
internal sealed class NormFunction : torch.autograd.SingleTensorFunction<NormFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparseBatchNorm";

    /// <summary>
    /// Runs the norm with the given mean and variance, [2, C], on the autograd graph where anything wants a gradient.
    /// Elsewhere it may overwrite the features and give these.
    /// </summary>
    internal static torch.Tensor Run(
        NormCall call,
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor? residual,
        torch.Tensor statistics,
        bool overwrites
    )
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        using var scope = torch.NewDisposeScope();
        call.FeaturesShape = features.shape;
        call.Needs = (
            features.requires_grad,
            weight is { requires_grad: true },
            bias is { requires_grad: true },
            residual is { requires_grad: true }
        );
        var differentiate = torch.is_grad_enabled() && call.Needs is not (false, false, false, false);
        var output = NormEngine.Forward(
            call,
            features,
            weight,
            bias,
            residual,
            statistics,
            overwrites && !differentiate
        );
        if (differentiate)
        {
            output = apply(features, weight!, bias!, residual!, call, new FinishedOutput(output, statistics));
        }

        return ReferenceEquals(output, features) ? output : output.MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (call, output) = ((NormCall)vars[4], (FinishedOutput)vars[5]);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        var cut = call.Activation == Activation.Relu && vars[3] is not null;
        ctx.save_for_backward([
            (torch.Tensor)vars[0],
            (torch.Tensor)vars[1],
            (torch.Tensor)vars[2],
            output.Saved[0],
            cut ? output.Tensor : null!,
        ]);
        return output.Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (NormCall)ctx.get_data(CallKey);
        var (features, weight, bias, residual) = call.Needs;
        long[] channels = [call.FeaturesShape[1]];
        return SafeBackward.Run(
            ctx,
            grad_output,
            [
                features ? call.FeaturesShape : null,
                weight ? channels : null,
                bias ? channels : null,
                residual ? call.FeaturesShape : null,
                null,
                null,
            ],
            (gradient, gradients) => Differentiate(call, ctx.get_saved_variables(), gradient, gradients)
        );
    }

    private static void Differentiate(
        NormCall call,
        List<torch.Tensor> saved,
        torch.Tensor gradient,
        List<torch.Tensor> gradients
    )
    {
        var result = NormEngine.Backward(call, gradient, saved[0], saved[1], saved[2], saved[3], saved[4]);
        gradients[0] = result.Features!;
        gradients[1] = result.Weight!;
        gradients[2] = result.Bias!;
        gradients[3] = result.Residual!;
    }
}
