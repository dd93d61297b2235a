using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Lets the engine use as many threads as torch.get_num_threads says, at every call.</summary>
internal static unsafe class EngineThreads
{
    private const string Library = "LibTorchSharp";
    private const string Function = "THSTorch_get_num_threads";

    /// <summary>
    /// Gives the engine TorchSharp's own function, which also tells OpenMP of torch.set_num_threads on threads where torch has
    /// not run yet. Where it cannot be found, the engine takes what OpenMP says, which torch.set_num_threads moves as well.
    /// </summary>
    internal static void FollowTorch()
    {
        if (
            NativeLibrary.TryLoad(Library, typeof(torch).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, Function, out var function)
        )
        {
            SparseConvRuntime.FollowThreads((delegate* unmanaged[Cdecl]<int>)function);
        }
    }
}
