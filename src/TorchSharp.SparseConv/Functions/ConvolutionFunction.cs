namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of every sparse convolution. Arguments of apply, and so the gradients of backward: features,
/// weight, bias (or null), call, output. Nothing leaves backward, and nothing can fail inside apply (TorchSharp leaks
/// the node of a forward that throws): the output is computed before it.
/// </summary>
internal sealed class ConvolutionFunction : torch.autograd.SingleTensorFunction<ConvolutionFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparseConvolution";

    /// <summary>Runs the convolution, on the autograd graph where anything wants a gradient.</summary>
    internal static torch.Tensor Run(
        ConvolutionCall call,
        torch.Tensor features,
        torch.Tensor weight,
        torch.Tensor? bias,
        FeatureRecipe? recipe = null
    )
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        using var scope = torch.NewDisposeScope();
        var output = ConvolutionEngine.Forward(call, features, weight, bias);
        call.Types = (weight.dtype, bias?.dtype ?? weight.dtype);
        call.Needs = (features.requires_grad, weight.requires_grad, bias is { requires_grad: true });
        if (torch.is_grad_enabled() && call.Needs is not (false, false, false))
        {
            call.MakeFeatures = recipe?.Make;
            output = apply(
                features,
                weight,
                bias!,
                call,
                new FinishedOutput(output, recipe?.Ingredients ?? [features])
            );
        }

        return output.MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (weight, call, output) = ((torch.Tensor)vars[1], (ConvolutionCall)vars[3], (FinishedOutput)vars[4]);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);

        // Each is needed for the gradient of the other; null is how TorchSharp saves nothing.
        ctx.save_for_backward([call.Needs.Features ? weight : null!, .. call.Needs.Weight ? output.Saved : []]);
        return output.Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (ConvolutionCall)ctx.get_data(CallKey);
        var (features, weight, bias) = call.Needs;
        return SafeBackward.Run(
            ctx,
            grad_output,
            [
                features ? [call.InRows, call.InChannels] : null,
                weight ? call.WeightShape : null,
                bias ? [call.OutChannels] : null,
                null,
                null,
            ],
            (gradient, gradients) => Differentiate(call, ctx.get_saved_variables(), gradient, gradients)
        );
    }

    private static void Differentiate(
        ConvolutionCall call,
        List<torch.Tensor> saved,
        torch.Tensor gradient,
        List<torch.Tensor> gradients
    )
    {
        var (features, weight, bias) = call.Needs;
        if (weight)
        {
            DifferentiateWeight(call, saved, gradient, gradients);
        }
        else if (bias)
        {
            gradients[2] = Precision.As(NormEngine.ColumnSums(gradient), call.Types.Bias);
        }

        if (features)
        {
            gradients[0] = ConvolutionEngine.BackwardInput(call, gradient, saved[0]);
        }
    }

    // What is computed again goes before the gradient of the features comes.
    private static void DifferentiateWeight(
        ConvolutionCall call,
        List<torch.Tensor> saved,
        torch.Tensor gradient,
        List<torch.Tensor> gradients
    )
    {
        using var scope = torch.NewDisposeScope();
        var features = call.MakeFeatures?.Invoke(saved[1..]) ?? saved[1];
        var (weight, bias) = ConvolutionEngine.BackwardWeight(call, features, gradient);
        gradients[1] = weight.MoveToOuterDisposeScope();
        gradients[2] = bias?.MoveToOuterDisposeScope()!;
    }
}
