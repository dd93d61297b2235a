namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of every pooling, and of nearest up-sampling. Arguments of apply: features, call, output.
/// Nothing leaves backward, and nothing can fail inside apply: the output is computed before it.
/// </summary>
internal sealed class PoolingFunction : torch.autograd.SingleTensorFunction<PoolingFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparsePooling";

    /// <summary>Pools, on the autograd graph where the features want a gradient.</summary>
    internal static torch.Tensor Run(PoolingCall call, torch.Tensor features) => Run(call, features, out _, false);

    /// <summary>Pools, and gives the row of each maximum, int32 [out rows, C].</summary>
    internal static torch.Tensor RunWithRows(PoolingCall call, torch.Tensor features, out torch.Tensor rows)
    {
        var output = Run(call, features, out var saved, true);
        rows = saved!;
        return output;
    }

    private static torch.Tensor Run(PoolingCall call, torch.Tensor features, out torch.Tensor? saved, bool keep)
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        var differentiate = torch.is_grad_enabled() && features.requires_grad;
        using var scope = torch.NewDisposeScope();
        saved = keep || differentiate ? PoolingEngine.CreateSaved(call, features.device) : null;
        var output = PoolingEngine.Forward(call, features, saved);
        if (differentiate)
        {
            output = apply(features, call, new FinishedOutput(output, saved));
        }

        if (keep)
        {
            saved!.MoveToOuterDisposeScope();
        }

        return output.MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var output = (FinishedOutput)vars[2];
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, (PoolingCall)vars[1]);
        ctx.save_for_backward(output.Saved);
        return output.Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (PoolingCall)ctx.get_data(CallKey);
        return SafeBackward.Run(
            ctx,
            grad_output,
            [
                [call.Input.Rows, call.Channels],
                null,
                null,
            ],
            (gradient, gradients) => gradients[0] = PoolingEngine.Backward(call, gradient, ctx.get_saved_variables()[0])
        );
    }
}
