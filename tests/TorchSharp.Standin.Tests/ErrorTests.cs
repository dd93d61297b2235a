using System.Runtime.InteropServices;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class ErrorTests
{
    private static IEnumerable<TestCaseData> Misuses()
    {
        TestCaseData Case(string name, Func<object> action, string message) =>
            new TestCaseData(action, message).SetName("{m}: " + name);

        yield return Case("shapes", () => zeros(2, 3).mm(zeros(2, 3)), "cannot be multiplied (2x3 and 2x3)");
        yield return Case("types", () => zeros(2).index_select(0, zeros(1)), "index_select()");
        yield return Case("dimension", () => zeros(2).sum(3), "Dimension out of range");
        yield return Case("size of a dimension", () => zeros(2).size(1), "Dimension out of range");
        yield return Case("null tensor", () => zeros(2).add((Tensor)null!), "argument 'other' must not be null");
        yield return Case("view", () => zeros(2, 3).view(4), "invalid for input of size 6");
    }

    [TestCaseSource(nameof(Misuses))]
    public void MisuseIsAnExceptionWithTorchsMessage(Func<object> action, string message)
    {
        using var scope = NewDisposeScope();

        Assert.That(() => action(), Throws.InstanceOf<ExternalException>().With.Message.Contains(message));
    }

    [Test]
    public void AnUnknownOperatorIsNamed()
    {
        Assert.That(
            () => Aten.Call("no_such_operator"),
            Throws.InstanceOf<ExternalException>().With.Message.Contains("no_such_operator")
        );
    }

    [Test]
    public void TooFewAndTooManyArgumentsAreRefused()
    {
        using var scope = NewDisposeScope();
        var x = zeros(1);

        Assert.That(() => Aten.Call("mm", x), Throws.InstanceOf<ExternalException>().With.Message.Contains("'mat2'"));
        Assert.That(
            () => Aten.Call("abs", x, x),
            Throws.InstanceOf<ExternalException>().With.Message.Contains("too many")
        );
    }

    [Test]
    public void EveryThreadReadsItsOwnError()
    {
        var messages = new string[8];

        Parallel.For(
            0,
            messages.Length,
            i =>
            {
                using var scope = NewDisposeScope();
                for (var repeat = 0; repeat < 20; repeat++)
                {
                    messages[i] = Assert.Throws<ExternalException>(() => zeros(1).view(i + 2))!.Message;
                }
            }
        );

        Assert.That(
            messages,
            Is.EqualTo(Enumerable.Range(2, 8).Select(i => $"shape '[{i}]' is invalid for input of size 1"))
        );
    }

    [Test]
    public void AMissingLibraryNamesThePathsThatWereTried()
    {
        var broken = Path.GetTempFileName();
        try
        {
            Assert.That(
                () => NativeLoader.Load(["/nowhere/libtorchsharp_standin.so", broken]),
                Throws
                    .InstanceOf<DllNotFoundException>()
                    .With.Message.Contains("/nowhere/libtorchsharp_standin.so: no such file")
                    .And.Message.Contains(broken)
                    .And.Message.Contains("libtorch-dev")
            );
        }
        finally
        {
            File.Delete(broken);
        }
    }

    [Test]
    public void CudaIsRefusedWhereThereIsNone()
    {
        Assume.That(cuda.is_available(), Is.False);
        using var scope = NewDisposeScope();

        Assert.That(() => zeros(1, device: "cuda"), Throws.InvalidOperationException.With.Message.Contains("CUDA"));
        Assert.That(() => zeros(1).cuda(), Throws.InvalidOperationException);
        Assert.That(cuda.device_count(), Is.Zero);
    }
}
