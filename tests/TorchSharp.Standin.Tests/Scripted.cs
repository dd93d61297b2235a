using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

/// <summary>The identity, whose halves do what a test tells them to.</summary>
internal sealed class Scripted : autograd.SingleTensorFunction<Scripted>
{
    internal static Func<autograd.AutogradContext, Tensor, Tensor> Forward { get; set; } = (_, x) => x.clone();

    internal static Func<autograd.AutogradContext, Tensor, List<Tensor>> Backward { get; set; } = (_, g) => [g.alias()];

    public override string Name => nameof(Scripted);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => Forward(ctx, (Tensor)vars[0]);

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        Backward(ctx, grad_output);
}
