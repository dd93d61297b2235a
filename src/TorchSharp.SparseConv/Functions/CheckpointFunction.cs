namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of a checkpointed block. Arguments of apply, and so the gradients of backward: features, the
/// parameters that want a gradient, call, output. The output is computed before apply, without a graph; backward runs the
/// block again, with one, and goes through it.
/// </summary>
internal sealed class CheckpointFunction : torch.autograd.SingleTensorFunction<CheckpointFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparseCheckpoint";

    /// <summary>The block's output, which keeps nothing of what lies between.</summary>
    internal static SparseTensor Run(torch.nn.Module<SparseTensor, SparseTensor> block, SparseTensor input)
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        torch.Tensor[] parameters = [.. block.parameters().Where(parameter => parameter.requires_grad)];
        if (!torch.is_grad_enabled() || (parameters.Length == 0 && !input.features.requires_grad))
        {
            return block.call(input);
        }

        using var scope = torch.NewDisposeScope();
        var call = new CheckpointCall(block, input, parameters);
        SparseTensor output;
        using (torch.no_grad())
        {
            // Detached, so that a block that gives its input back does not give the very tensor that apply is called with.
            output = block.call(input.with_features(input.features.detach()));
        }

        var features = apply([input.features, .. parameters, call, new FinishedOutput(output.features)]);
        return output.with_features(features).MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, vars[^2]);

        // The parameters, too, so that one changed before backward is noticed.
        ctx.save_for_backward([.. vars[..^2].Cast<torch.Tensor>()]);
        return ((FinishedOutput)vars[^1]).Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (CheckpointCall)ctx.get_data(CallKey);
        return SafeBackward.Run(
            ctx,
            grad_output,
            [
                call.NeedsFeatures ? call.FeaturesShape : null,
                .. call.Parameters.Select(parameter => parameter.shape),
                null,
                null,
            ],
            (gradient, gradients) => Differentiate(call, ctx.get_saved_variables(), gradient, gradients)
        );
    }

    private static void Differentiate(
        CheckpointCall call,
        List<torch.Tensor> saved,
        torch.Tensor gradient,
        List<torch.Tensor> gradients
    )
    {
        var features = saved[0].detach().requires_grad_(call.NeedsFeatures);
        call.Repeat(
            features,
            output =>
            {
                if (output.requires_grad)
                {
                    Differentiate(call, features, output, gradient, gradients);
                }
            }
        );
    }

    private static void Differentiate(
        CheckpointCall call,
        torch.Tensor features,
        torch.Tensor output,
        torch.Tensor gradient,
        List<torch.Tensor> gradients
    )
    {
        // The parameters' own gradients step aside, since tensor.backward, unlike autograd.grad, fails with an exception.
        var own = call.Parameters.Select(parameter => parameter.grad).ToArray();
        try
        {
            foreach (var parameter in call.Parameters)
            {
                parameter.grad = null!;
            }

            output.backward([gradient]);
            if (call.NeedsFeatures)
            {
                gradients[0] = features.grad!;
            }

            for (var i = 0; i < own.Length; i++)
            {
                gradients[1 + i] = call.Parameters[i].grad!;
            }
        }
        finally
        {
            for (var i = 0; i < own.Length; i++)
            {
                call.Parameters[i].grad = own[i]!;
            }
        }
    }
}
