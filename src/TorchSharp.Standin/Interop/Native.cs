using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The native functions of standin.h's sources, name for name. All return 0 or an error.</summary>
internal static unsafe partial class Native
{
    private const string Library = "torchsharp_standin";

    static Native() => NativeLoader.Register(Library);

    /// <summary>Turns an error into the exception that TorchSharp throws.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
        {
            throw new ExternalException(Marshal.PtrToStringUTF8(standin_error()));
        }
    }

    /// <summary>The same, and keeps the owner of the handles that were passed from being collected during the call.</summary>
    internal static void Check(int status, object owner)
    {
        GC.KeepAlive(owner);
        Check(status);
    }

    [LibraryImport(Library)]
    private static partial nint standin_error();

    [LibraryImport(Library)]
    internal static partial nint standin_torch_version();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int standin_operator(string name, string overload, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_call(
        nint op,
        NativeValue* arguments,
        int count,
        NativeValue** results,
        long* resultCount
    );

    [LibraryImport(Library)]
    internal static partial int standin_tensor_dispose(nint tensor);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_alias(nint tensor, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_info(nint tensor, TensorInfo* info);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_sizes(nint tensor, long* sizes);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_strides(nint tensor, long* strides);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_data(nint tensor, nint* data);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_storage(nint tensor, nint* data, long* bytes, long* offset);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_is_contiguous(nint tensor, int* result);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_is_pinned(nint tensor, int* result);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_from_blob(
        nint data,
        long* sizes,
        long dimensions,
        int dtype,
        nint context,
        delegate* unmanaged[Cdecl]<nint, void> release,
        nint* result
    );

    [LibraryImport(Library)]
    internal static partial int standin_tensor_set_requires_grad(nint tensor, int value);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_grad(nint tensor, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_set_grad(nint tensor, nint gradient);

    [LibraryImport(Library)]
    internal static partial int standin_tensor_retain_grad(nint tensor);

    [LibraryImport(Library)]
    internal static partial int standin_threads(int interop, int* count);

    [LibraryImport(Library)]
    internal static partial int standin_set_threads(int interop, int count);

    [LibraryImport(Library)]
    internal static partial int standin_default_dtype(int* dtype);

    [LibraryImport(Library)]
    internal static partial int standin_set_default_dtype(int dtype);

    [LibraryImport(Library)]
    internal static partial int standin_cuda_device_count(int* count);

    [LibraryImport(Library)]
    internal static partial int standin_cuda_cudnn_is_available(int* result);

    [LibraryImport(Library)]
    internal static partial int standin_cuda_synchronize(long device);

    [LibraryImport(Library)]
    internal static partial int standin_cuda_manual_seed(long seed);

    [LibraryImport(Library)]
    internal static partial int standin_grad_mode(int* enabled);

    [LibraryImport(Library)]
    internal static partial int standin_set_grad_mode(int enabled);

    [LibraryImport(Library)]
    internal static partial int standin_inference_mode(int* enabled);

    [LibraryImport(Library)]
    internal static partial int standin_inference_mode_enter(int enabled, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_inference_mode_leave(nint mode);

    [LibraryImport(Library)]
    internal static partial int standin_anomaly_mode(int* enabled, int* checkNan);

    [LibraryImport(Library)]
    internal static partial int standin_set_anomaly_mode(int enabled, int checkNan);

    [LibraryImport(Library)]
    internal static partial int standin_generator_default(int deviceType, int deviceIndex, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_generator_new(ulong seed, int deviceType, int deviceIndex, nint* result);

    [LibraryImport(Library)]
    internal static partial int standin_generator_dispose(nint generator);

    [LibraryImport(Library)]
    internal static partial int standin_generator_set_seed(nint generator, ulong seed);

    [LibraryImport(Library)]
    internal static partial int standin_generator_current_seed(nint generator, ulong* seed);

    [LibraryImport(Library)]
    internal static partial int standin_generator_random_seed(nint generator, ulong* seed);

    [LibraryImport(Library)]
    internal static partial int standin_generator_state(nint generator, nint* state);

    [LibraryImport(Library)]
    internal static partial int standin_generator_set_state(nint generator, nint state);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int standin_save(nint tensor, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int standin_load(string path, nint* result);
}
