using System.Diagnostics;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Engine and torch are one set of threads.</summary>
[TestFixture]
[NonParallelizable]
public sealed class SharedThreadsTests
{
    private int _threads;

    [SetUp]
    public void Remember() => _threads = torch.get_num_threads();

    [TearDown]
    public void Restore()
    {
        torch.set_num_threads(_threads);
        SparseConvRuntime.Threads = 0;
    }

    [Test]
    [Platform("Linux")]
    public void Whichever_is_used_first_one_OpenMP_runtime_serves_both(
        [ValueSource(typeof(Program), nameof(Program.Orders))] string first
    )
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, first])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var libraries = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
        Assert.That(libraries, Has.Member("libsparseconv.so").And.Member("libtorch_cpu.so"));
        Assert.That(libraries.Count(one => one.StartsWith("libgomp", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public void The_engine_follows_torch_at_every_time_and_on_every_thread()
    {
        using var scope = torch.NewDisposeScope();
        _ = new SparseTensor(torch.ones(1, 1), torch.zeros(1, 4, torch.ScalarType.Int32));
        foreach (var threads in (int[])[1, 3, 2])
        {
            torch.set_num_threads(threads);
            Assert.That(SparseConvRuntime.Threads, Is.EqualTo(threads));
            var elsewhere = 0;
            var thread = new Thread(() => elsewhere = SparseConvRuntime.Threads);
            thread.Start();
            thread.Join();
            Assert.That(elsewhere, Is.EqualTo(threads), "on a thread where torch has not run");
        }
    }

    [Test]
    public void What_is_set_for_the_engine_holds_for_it_alone()
    {
        torch.set_num_threads(2);
        SparseConvRuntime.Threads = 3;
        torch.set_num_threads(1);
        Assert.That(SparseConvRuntime.Threads, Is.EqualTo(3));
        Assert.That(torch.get_num_threads(), Is.EqualTo(1));
    }
}
