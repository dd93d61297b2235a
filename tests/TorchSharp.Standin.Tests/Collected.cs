using System.Diagnostics;

namespace TorchSharp.Standin.Tests;

/// <summary>Waits for finalizers.</summary>
internal static class Collected
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Collects until <paramref name="done"/> holds, or for ten seconds.</summary>
    internal static void WaitFor(Func<bool> done)
    {
        var watch = Stopwatch.StartNew();
        do
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        } while (!done() && watch.Elapsed < Limit);
    }
}
