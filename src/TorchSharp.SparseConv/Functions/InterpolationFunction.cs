using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of interpolation from voxels to points and of splatting from points to voxels. Arguments of
/// apply: features, call, output. Nothing leaves backward, and nothing can fail inside apply: the output is computed
/// before it.
/// </summary>
internal sealed class InterpolationFunction : torch.autograd.SingleTensorFunction<InterpolationFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparseInterpolation";

    /// <summary>[rows, C] to [points, C].</summary>
    internal static torch.Tensor Interpolate(PointLinks links, torch.Tensor features) =>
        Run(new InterpolationCall(links, kind: null, features.shape[1]), features);

    /// <summary>[points, C] to [rows, C].</summary>
    internal static torch.Tensor Splat(PointLinks links, SplatKind kind, torch.Tensor features) =>
        Run(new InterpolationCall(links, kind, features.shape[1]), features);

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var output = (FinishedOutput)vars[2];
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, (InterpolationCall)vars[1]);
        ctx.save_for_backward(output.Saved);
        return output.Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (InterpolationCall)ctx.get_data(CallKey);
        return SafeBackward.Run(
            ctx,
            grad_output,
            [
                [call.InRows, call.Channels],
                null,
                null,
            ],
            (gradient, gradients) =>
                gradients[0] = InterpolationEngine.Backward(call, gradient, ctx.get_saved_variables()[0])
        );
    }

    private static torch.Tensor Run(InterpolationCall call, torch.Tensor features)
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        var differentiate = torch.is_grad_enabled() && features.requires_grad;
        using var scope = torch.NewDisposeScope();
        var saved = differentiate ? InterpolationEngine.CreateSaved(call, features.device) : null;
        var output = InterpolationEngine.Forward(call, features, saved);
        if (differentiate)
        {
            output = apply(features, call, new FinishedOutput(output, saved));
        }

        return output.MoveToOuterDisposeScope();
    }
}
