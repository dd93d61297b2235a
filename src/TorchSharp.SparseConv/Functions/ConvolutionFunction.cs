using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of every sparse convolution. Arguments of apply, and so the gradients of backward: features,
/// weight, bias (or null), call, output. Nothing leaves backward, and nothing can fail inside apply (TorchSharp leaks
/// the node of a forward that throws): the output is computed before it.
/// </summary>
internal sealed class ConvolutionFunction : torch.autograd.SingleTensorFunction<ConvolutionFunction>
{
    private const string CallKey = "call";
    private const string GradientsKey = "gradients";

    private static readonly Scalar NotANumber = double.NaN;

    public override string Name => "SparseConvolution";

    /// <summary>Runs the convolution, on the autograd graph where anything wants a gradient.</summary>
    internal static torch.Tensor Run(
        ConvolutionCall call,
        torch.Tensor features,
        torch.Tensor weight,
        torch.Tensor? bias
    )
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        using var scope = torch.NewDisposeScope();
        var output = ConvolutionEngine.Forward(call, features, weight, bias);
        call.Needs = (features.requires_grad, weight.requires_grad, bias is { requires_grad: true });
        if (torch.is_grad_enabled() && call.Needs is not (false, false, false))
        {
            output = apply(features, weight, bias!, call, new Output(output));
        }

        return output.MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (features, weight, call, output) = (
            (torch.Tensor)vars[0],
            (torch.Tensor)vars[1],
            (ConvolutionCall)vars[3],
            (Output)vars[4]
        );
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);

        // Each is needed for the gradient of the other; null is how TorchSharp saves nothing.
        ctx.save_for_backward([call.Needs.Weight ? features : null!, call.Needs.Features ? weight : null!]);
        return output.Tensor;
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception that leaves backward ends the process.")]
    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        List<torch.Tensor> gradients = [null!, null!, null!, null!, null!];
        try
        {
            ReturnedGradients.Release();
            if (!grad_output.IsInvalid)
            {
                var call = (ConvolutionCall)ctx.get_data(CallKey);
                Differentiate(ctx, call, grad_output, gradients);

                // The wrapper is ours alone; left to the garbage collector it would hold the whole matrix.
                grad_output.Dispose();
            }

            ctx.save_data(GradientsKey, gradients);
            ReturnedGradients.Remember(gradients);
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
        }

        // A list of its own, since the remembered one is emptied when its tensors go.
        return [.. gradients];
    }

    [SuppressMessage("Design", "CA1031", Justification = "Kept for the next call; the gradients become NaN.")]
    private static void Differentiate(
        torch.autograd.AutogradContext ctx,
        ConvolutionCall call,
        torch.Tensor gradOutput,
        List<torch.Tensor> gradients
    )
    {
        var (features, weight, bias) = call.Needs;
        using var scope = torch.NewDisposeScope();
        try
        {
            if (torch.is_grad_enabled())
            {
                throw new NotSupportedException("A sparse convolution has no second derivative (create_graph: true).");
            }

            var saved = ctx.get_saved_variables();
            var gradient = TensorMemory.Contiguous(gradOutput);
            if (features)
            {
                gradients[0] = ConvolutionEngine.BackwardInput(call, gradient, saved[1]);
            }

            if (weight)
            {
                (gradients[1], var gradBias) = ConvolutionEngine.BackwardWeight(call, saved[0], gradient);
                gradients[2] = gradBias!;
            }
            else if (bias)
            {
                gradients[2] = gradient.sum(dim: 0);
            }
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
            gradients[0] = features ? NaN(gradOutput, call.InRows, call.InChannels) : null!;
            gradients[1] = weight ? NaN(gradOutput, call.Taps, call.InChannels, call.OutChannels) : null!;
            gradients[2] = bias ? NaN(gradOutput, call.OutChannels) : null!;
        }

        foreach (var gradient in gradients)
        {
            gradient?.MoveToOuterDisposeScope();
        }
    }

    private static torch.Tensor NaN(torch.Tensor like, params long[] shape) =>
        torch.full(shape, NotANumber, like.dtype, like.device);

    /// <summary>Hides the finished output from apply, which would take a tensor for an input.</summary>
    private sealed class Output(torch.Tensor tensor)
    {
        internal torch.Tensor Tensor { get; } = tensor;
    }
}
