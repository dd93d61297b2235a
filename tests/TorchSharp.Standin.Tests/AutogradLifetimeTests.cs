using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

/// <summary>The graph owns the nodes of custom functions: none is left when the graph is gone, and none goes before.</summary>
public sealed class AutogradLifetimeTests
{
    [Test]
    public void NodesGoWithTheScopeThatHeldTheGraph()
    {
        var (nodes, tensors) = (FunctionNode.AliveCount, Tensor.TotalCount);
        for (var step = 0; step < 20; step++)
        {
            using var scope = NewDisposeScope();
            var x = tensor(new double[] { 1, 2 }, requires_grad: true);
            Square.apply(Square.apply(x, 0), 0).sum().backward();
        }

        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes));
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
    }

    [Test]
    public void NodesGoWithoutABackwardPass()
    {
        var (nodes, tensors) = (FunctionNode.AliveCount, Tensor.TotalCount);
        using (NewDisposeScope())
        {
            var y = Square.apply(tensor(new double[] { 1 }, requires_grad: true), 0);
            Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes + 1));
            Assert.That(y.requires_grad, Is.True);
        }

        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes));
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
    }

    [Test]
    public void NodesOutsideAnyScopeAreCollected()
    {
        Collected.WaitFor(() => true);
        var (nodes, tensors) = (FunctionNode.AliveCount, Tensor.TotalCount);
        ApplyAndForget();
        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes + 1));

        Collected.WaitFor(() => FunctionNode.AliveCount <= nodes && Tensor.TotalCount <= tensors);

        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes));
        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(tensors));
    }

    [Test]
    public void ACollectionBetweenForwardAndBackwardTakesNothing()
    {
        using var x = tensor(new double[] { 3 }, requires_grad: true);
        using var y = Square.apply(x, 0);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        y.backward();

        using var gradient = x.grad;
        Assert.That(Numbers.Of(gradient!), Is.EqualTo(new double[] { 6 }));
    }

    [Test]
    public void AForwardThatThrowsLeavesItsNodeAsTorchSharpDoes()
    {
        var nodes = FunctionNode.AliveCount;
        using var x = tensor(new double[] { 3 }, requires_grad: true);
        Scripted.Forward = (_, _) => throw new FormatException();

        Assert.That(() => Scripted.apply(x), Throws.InstanceOf<FormatException>());

        Assert.That(is_grad_enabled(), Is.True);
        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes + 1));
    }

    [Test]
    public void ThreadsBuildAndUnwindTheirOwnGraphs()
    {
        var (nodes, tensors) = (FunctionNode.AliveCount, Tensor.TotalCount);
        var results = new double[4];

        Parallel.For(
            0,
            results.Length,
            thread =>
            {
                for (var step = 0; step < 50; step++)
                {
                    using var scope = NewDisposeScope();
                    var x = tensor(new[] { thread + 1.0 }, requires_grad: true);
                    Square.apply(Square.apply(x, 0), 0).backward();
                    results[thread] = Numbers.Of(x.grad!)[0];
                }
            }
        );

        Assert.That(results, Is.EqualTo(new double[] { 4, 32, 108, 256 }));
        Assert.That(FunctionNode.AliveCount, Is.EqualTo(nodes));
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyAndForget()
    {
        var x = tensor(new double[] { 1 }, requires_grad: true);
        Square.apply(x, 0).backward();
    }
}
