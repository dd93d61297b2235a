using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class AutogradTests
{
    [Test]
    public void GradientsAddUpUntilTheyAreCleared()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1, 2 }, requires_grad: true);

        (x * x).sum().backward();
        (x * x).sum().backward();
        Assert.That(Numbers.Of(x.grad!), Is.EqualTo(new double[] { 4, 8 }));

        x.grad = null;
        Assert.That(x.grad, Is.Null);
    }

    [Test]
    public void ModesAreThreadsOwnAndEndWithTheirScope()
    {
        var elsewhere = false;
        using (no_grad())
        {
            Assert.That(is_grad_enabled(), Is.False);
            using (enable_grad())
            {
                Assert.That(is_grad_enabled(), Is.True);
            }
            var thread = new Thread(() => elsewhere = is_grad_enabled());
            thread.Start();
            thread.Join();
        }
        using (inference_mode())
        {
            Assert.That(is_inference_mode_enabled(), Is.True);
        }

        Assert.That(elsewhere, Is.True);
        Assert.That(is_grad_enabled(), Is.True);
        Assert.That(is_inference_mode_enabled(), Is.False);
    }

    [Test]
    public void LeavesAndRetainedGradients()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1 }).requires_grad_();
        var y = x * 2;
        y.retain_grad();

        (y * 3).backward();

        Assert.That((x.is_leaf, y.is_leaf), Is.EqualTo((true, false)));
        Assert.That(Numbers.Of(y.grad!), Is.EqualTo(new double[] { 3 }));
        Assert.That(y.detach().requires_grad, Is.False);
    }

    [Test]
    public void MisuseIsAnExceptionOfTorchSharpsType()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1, 2 }, requires_grad: true);
        var y = (x * x).sum();
        y.backward();

        Assert.That(() => y.backward(), Throws.InstanceOf<ExternalException>().With.Message.Contains("second time"));
        Assert.That(() => (x * x).backward(), Throws.InstanceOf<ExternalException>().With.Message.Contains("scalar"));
        Assert.That(() => x.add_(1), Throws.InstanceOf<ExternalException>().With.Message.Contains("leaf"));
        Assert.That(
            () => tensor(new[] { 1 }).requires_grad_(),
            Throws.InstanceOf<ExternalException>().With.Message.Contains("floating point")
        );
    }

    [Test]
    public void GradientsOfChosenInputs()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new double[] { 1, 2 }, requires_grad: true);
        var unused = tensor(new double[] { 1 }, requires_grad: true);

        var gradients = autograd.grad(
            [x * 3],
            [x, unused],
            grad_outputs: [tensor(new double[] { 1, 10 })],
            allow_unused: true
        );

        Assert.That(Numbers.Of(gradients[0]), Is.EqualTo(new double[] { 3, 30 }));
        Assert.That(gradients[1].IsInvalid, Is.True);
        Assert.That(x.grad, Is.Null);
    }
}
