using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>Memory for large matrices, used again where it was given back, and in large pages where it is fresh.</summary>
internal static unsafe class EngineMemory
{
    /// <summary>Gives back what <see cref="Take"/> gave, from any thread.</summary>
    internal static readonly delegate* unmanaged[Cdecl]<void*, void> Give = (delegate* unmanaged[Cdecl]<void*, void>)
        NativeLoader.Address("spc_memory_give");

    /// <summary>So many bytes, aligned to 64, with undefined values.</summary>
    internal static void* Take(long bytes)
    {
        Native.spc_memory_take(bytes, out var memory).ThrowIfFailed();
        return memory;
    }
}
