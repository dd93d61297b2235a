namespace TorchSharp.SparseConv.Tests.Shared;

internal static class LiveObjects
{
    // SparseConvRuntime.LiveObjects without what earlier tests left to the garbage collector.
    public static long Settled()
    {
        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return SparseConvRuntime.LiveObjects;
    }
}
