using System.Diagnostics;

namespace TorchSharp.SparseConv.Core.Interop;

internal static class StatusExtensions
{
    [StackTraceHidden]
    internal static void ThrowIfFailed(this Status status)
    {
        if (status != Status.Ok)
            throw new SparseConvException(status, Native.LastError());
    }
}
