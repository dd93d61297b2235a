using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Two functions of TorchSharp's native part that its public API lacks. Where a TorchSharp has them not, or not as 0.107 has
/// them, the library goes without.
/// </summary>
internal static unsafe class TorchSharpNative
{
    private const string Library = "LibTorchSharp";

    // Below, libtorch's allocator serves as well.
    private const long LeastBytes = 1 << 20;

    private static readonly delegate* unmanaged[Cdecl]<int> GetNumThreads = (delegate* unmanaged[Cdecl]<int>)Address(
        "THSTorch_get_num_threads"
    );

    // (data, deleter, sizes, dimensions, scalar_type, dtype, device_type, device_index, requires_grad)
    private static readonly delegate* unmanaged[Cdecl]<
        void*,
        delegate* unmanaged[Cdecl]<void*, void>,
        long*,
        int,
        sbyte,
        sbyte,
        int,
        int,
        byte,
        nint> New = (delegate* unmanaged[Cdecl]<
        void*,
        delegate* unmanaged[Cdecl]<void*, void>,
        long*,
        int,
        sbyte,
        sbyte,
        int,
        int,
        byte,
        nint>)Address("THSTensor_new");

    /// <summary>
    /// Lets the engine use as many threads as torch.get_num_threads says, at every call. Asking it also tells OpenMP of
    /// torch.set_num_threads on threads where torch has not run yet.
    /// </summary>
    internal static void FollowThreads()
    {
        if (GetNumThreads is not null)
        {
            SparseConvRuntime.FollowThreads(GetNumThreads);
        }
    }

    /// <summary>
    /// An uninitialised tensor for a result of the engine. On the CPU a large one lies in memory that the engine keeps: a
    /// step takes what the last one gave back, where libtorch's allocator would return it to the system and fault it in
    /// again, or hold on to holes between blocks.
    /// </summary>
    internal static torch.Tensor Empty(long[] shape, torch.ScalarType type, torch.Device device)
    {
        var bytes = shape.Aggregate((long)type.ElementSize(), (product, size) => checked(product * size));
        if (device.type != DeviceType.CPU || bytes < LeastBytes || New is null)
        {
            return torch.empty(shape, type, device);
        }

        var memory = EngineMemory.Take(bytes);
        fixed (long* sizes = shape)
        {
            var tensor = New(
                memory,
                EngineMemory.Give,
                sizes,
                shape.Length,
                (sbyte)type,
                (sbyte)type,
                (int)device.type,
                device.index,
                0
            );
            if (tensor != 0)
            {
                return torch.Tensor.UnsafeCreateTensor(tensor);
            }
        }

        EngineMemory.Give(memory);
        return torch.empty(shape, type, device);
    }

    private static nint Address(string function) =>
        NativeLibrary.TryLoad(Library, typeof(torch).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, function, out var address)
            ? address
            : 0;
}
