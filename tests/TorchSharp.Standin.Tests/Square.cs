using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

/// <summary>x squared, by a node of our own; a second argument, no tensor, is ignored.</summary>
internal sealed class Square : autograd.SingleTensorFunction<Square>
{
    public override string Name => nameof(Square);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_for_backward([(Tensor)vars[0]]);
        ctx.save_data("factor", 2);
        return ((Tensor)vars[0]).pow(2);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var x = ctx.get_saved_variables()[0];
        return [x * (int)ctx.get_data("factor") * grad_output, null!];
    }
}
