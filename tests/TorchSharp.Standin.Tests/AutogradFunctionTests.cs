using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class AutogradFunctionTests
{
    [SetUp]
    public void ResetScript()
    {
        Scripted.Forward = (_, x) => x.clone();
        Scripted.Backward = (_, gradient) => [gradient.alias()];
    }

    [Test]
    public void AFunctionOfOurOwnGivesTheGradientThatItComputes()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1, 2, 3 }, requires_grad: true);

        (Square.apply(x, "ignored") * 10).sum().backward();

        Assert.That(Numbers.Of(x.grad!), Is.EqualTo(new double[] { 20, 40, 60 }));
    }

    [Test]
    public void SeveralOutputsAndInputs()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new double[] { 1 }, requires_grad: true);
        var b = tensor(new double[] { 2 }, requires_grad: true);
        SumAndDifference.Materialize = true;

        var results = SumAndDifference.apply(a, b);
        (results[0] * 3 + results[1] * 5).backward();

        Assert.That(Numbers.Of(a.grad!), Is.EqualTo(new double[] { 8 }));
        Assert.That(Numbers.Of(b.grad!), Is.EqualTo(new double[] { -2 }));
        Assert.That(SumAndDifference.SeenGradMode, Is.False);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AMissingGradientIsZeroOrInvalid(bool materialize)
    {
        using var scope = NewDisposeScope();
        var a = tensor(new double[] { 1 }, requires_grad: true);
        var b = tensor(new double[] { 2 }, requires_grad: true);
        SumAndDifference.Materialize = materialize;

        SumAndDifference.apply(a, b)[0].backward();

        Assert.That(SumAndDifference.SeenInvalid, Is.EqualTo(new[] { false, !materialize }));
        Assert.That(Numbers.Of(a.grad!), Is.EqualTo(new double[] { 1 }));
        Assert.That(Numbers.Of(b.grad!), Is.EqualTo(new double[] { 1 }));
    }

    [Test]
    public void ATensorArrayIsExpandedIntoArguments()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new double[] { 1 }, requires_grad: true);
        var b = tensor(new double[] { 2 }, requires_grad: true);
        SumAndDifference.Materialize = true;
        Tensor[] arguments = [a, b];

        SumAndDifference.apply(arguments)[1].backward();

        Assert.That(Numbers.Of(b.grad!), Is.EqualTo(new double[] { -1 }));
    }

    [Test]
    public void NoGraphIsMadeWhereNoneIsNeeded()
    {
        using var scope = NewDisposeScope();
        var alive = FunctionNode.AliveCount;
        using var x = tensor(new double[] { 1 }, requires_grad: true);

        using (no_grad())
        {
            Assert.That(Square.apply(x, 0).requires_grad, Is.False);
        }
        Assert.That(Square.apply(x.detach(), 0).requires_grad, Is.False);
        Assert.That(FunctionNode.AliveCount, Is.EqualTo(alive));
    }

    [Test]
    public void ForwardRunsWithoutGradientMode()
    {
        using var scope = NewDisposeScope();
        var enabled = true;
        Scripted.Forward = (_, x) =>
        {
            enabled = is_grad_enabled();
            return x.clone();
        };

        Scripted.apply(tensor(new double[] { 1 }, requires_grad: true));

        Assert.That(enabled, Is.False);
        Assert.That(is_grad_enabled(), Is.True);
    }

    [Test]
    public void OutputsMarkedNonDifferentiableHaveNoGradient()
    {
        using var scope = NewDisposeScope();
        Scripted.Forward = (ctx, x) =>
        {
            var result = x.clone();
            ctx.mark_non_differentiable([result]);
            return result;
        };

        Assert.That(Scripted.apply(tensor(new double[] { 1 }, requires_grad: true)).requires_grad, Is.False);
    }

    [Test]
    public void AnInputReturnedAsItIsGetsItsGradient()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        Scripted.Forward = (_, input) => input;

        Scripted.apply(x).backward();

        Assert.That(Numbers.Of(x.grad!), Is.EqualTo(new double[] { 1 }));
    }

    [Test]
    public void AnErrorInBackwardReachesTheCallerAndTheNextCallWorks()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        Scripted.Backward = (_, _) => throw new FormatException("no such thing");

        var failing = Scripted.apply(x);

        Assert.That(
            () => failing.backward(),
            Throws
                .InstanceOf<ExternalException>()
                .With.Message.Contains("Scripted")
                .And.Message.Contains("no such thing")
        );
        Square.apply(x, 0).backward();
        Assert.That(Numbers.Of(x.grad!), Is.EqualTo(new double[] { 2 }));
    }

    [Test]
    public void AWrongNumberOfGradientsIsAnError()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        Scripted.Backward = (_, _) => [];

        Assert.That(
            () => Scripted.apply(x).backward(),
            Throws.InstanceOf<ExternalException>().With.Message.Contains("expected 1), got 0")
        );
    }

    [Test]
    public void ASavedTensorChangedSinceIsAnError()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        var inner = x * 1;
        var result = Square.apply(inner, 0);
        using (no_grad())
        {
            inner.add_(1);
        }

        Assert.That(
            () => result.backward(),
            Throws.InstanceOf<ExternalException>().With.Message.Contains("modified by an inplace operation")
        );
    }

    [Test]
    public void ASavedTensorThatForwardDisposedComesBackAsNull()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        List<Tensor>? saved = null;
        Scripted.Forward = (ctx, input) =>
        {
            using var temporary = input * 2;
            ctx.save_for_backward([temporary, input]);
            return input.clone();
        };
        Scripted.Backward = (ctx, gradient) =>
        {
            saved = ctx.get_saved_variables();
            return [gradient.alias()];
        };

        Scripted.apply(x).backward();

        Assert.That(saved![0], Is.Null);
        Assert.That(saved[1], Is.Not.Null);
    }

    [Test]
    public void AGradientThatBackwardDisposedIsMissing()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }, requires_grad: true);
        Scripted.Backward = (_, gradient) =>
        {
            var result = gradient * 2;
            result.Dispose();
            return [result];
        };

        Scripted.apply(x).backward();

        Assert.That(x.grad, Is.Null);
    }

    [Test]
    public void GradientsCanBeDifferentiatedAgain()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 3 }, requires_grad: true);

        var first = autograd.grad([Square.apply(x, 0)], [x], create_graph: true)[0];
        var second = autograd.grad([first], [x])[0];

        Assert.That(Numbers.Of(first), Is.EqualTo(new double[] { 6 }));
        Assert.That(Numbers.Of(second), Is.EqualTo(new double[] { 2 }));
    }
}
