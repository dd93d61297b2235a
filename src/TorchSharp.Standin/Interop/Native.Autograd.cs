using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial int standin_backward(
        nint* tensors,
        long count,
        nint* gradients,
        long gradientCount,
        int retainGraph,
        int createGraph,
        nint* inputs,
        long inputCount
    );

    [LibraryImport(Library)]
    internal static partial int standin_grad(
        nint* outputs,
        long outputCount,
        nint* inputs,
        long inputCount,
        nint* gradients,
        long gradientCount,
        int retainGraph,
        int createGraph,
        int allowUnused,
        nint* results
    );

    [LibraryImport(Library)]
    internal static partial int standin_node_new(
        nint context,
        delegate* unmanaged[Cdecl]<nint, nint*, int, nint*, int, int> apply,
        delegate* unmanaged[Cdecl]<nint, void> release,
        nint* result
    );

    [LibraryImport(Library)]
    internal static partial int standin_node_weaken(nint node);

    [LibraryImport(Library)]
    internal static partial int standin_node_dispose(nint node);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int standin_node_fail(nint node, string message);

    [LibraryImport(Library)]
    internal static partial int standin_node_connect(nint node, nint* inputs, long count, int executable);

    [LibraryImport(Library)]
    internal static partial int standin_node_wrap(
        nint node,
        nint* inputs,
        long inputCount,
        nint* constant,
        long constantCount,
        nint* dirty,
        long dirtyCount,
        nint* outputs,
        long outputCount,
        int executable,
        nint* results
    );

    [LibraryImport(Library)]
    internal static partial int standin_saved_new(nint tensor, nint node, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_saved_unpack(nint saved, nint node, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_saved_dispose(nint saved);
}
