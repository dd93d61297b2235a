using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

/// <summary>The sum and the difference of two tensors; tells what backward was given.</summary>
internal sealed class SumAndDifference : autograd.MultiTensorFunction<SumAndDifference>
{
    internal static bool Materialize { get; set; }

    internal static List<bool> SeenInvalid { get; } = [];

    internal static bool SeenGradMode { get; private set; }

    public override string Name => nameof(SumAndDifference);

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(Materialize);
        var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
        return [a + b, a - b];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        SeenGradMode = is_grad_enabled();
        SeenInvalid.Clear();
        SeenInvalid.AddRange(grad_outputs.Select(gradient => gradient.IsInvalid));
        var (s, d) = (grad_outputs[0], grad_outputs[1]);
        return d.IsInvalid ? [s.alias(), s.alias()] : [s + d, s - d];
    }
}
