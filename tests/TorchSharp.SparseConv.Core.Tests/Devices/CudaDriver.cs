using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>What tests need of the CUDA driver, the one that the engine uses: memory of device 0.</summary>
internal static unsafe partial class CudaDriver
{
    private const string Library = "cuda-driver";

    private static readonly nint Context = Start();

    internal static nint Allocate(long bytes) =>
        InContext(() =>
        {
            Check(cuMemAlloc_v2(out var address, checked((nuint)bytes)));
            return address;
        });

    internal static void Free(nint address) => InContext(() => Check(cuMemFree_v2(address)));

    /// <summary>Copies after all that was queued before, and waits for it.</summary>
    internal static void Copy(nint to, nint from, long bytes) =>
        InContext(() =>
        {
            Check(cuMemcpyAsync(to, from, checked((nuint)bytes), 0));
            return Check(cuStreamSynchronize(0));
        });

    private static nint Start()
    {
        NativeLibrary.SetDllImportResolver(
            typeof(CudaDriver).Assembly,
            (name, assembly, path) => string.Equals(name, Library, StringComparison.Ordinal) ? Load(assembly, path) : 0
        );
        Check(cuInit(0));
        Check(cuDeviceGet(out var device, 0));
        Check(cuDevicePrimaryCtxRetain(out var context, device));
        return context;
    }

    private static nint Load(Assembly assembly, DllImportSearchPath? path) =>
        Environment.GetEnvironmentVariable("SPARSECONV_CUDA_DRIVER") is { Length: > 0 } named
            ? NativeLibrary.Load(named)
            : NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", assembly, path);

    private static T InContext<T>(Func<T> call)
    {
        Check(cuCtxPushCurrent_v2(Context));
        try
        {
            return call();
        }
        finally
        {
            Check(cuCtxPopCurrent_v2(out _));
        }
    }

    private static int Check(int result) =>
        result == 0 ? result : throw new InvalidOperationException($"The CUDA driver reports error {result}.");

    [LibraryImport(Library)]
    private static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    private static partial int cuDeviceGet(out int device, int number);

    [LibraryImport(Library)]
    private static partial int cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library)]
    private static partial int cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Library)]
    private static partial int cuCtxPopCurrent_v2(out nint context);

    [LibraryImport(Library)]
    private static partial int cuMemAlloc_v2(out nint address, nuint bytes);

    [LibraryImport(Library)]
    private static partial int cuMemFree_v2(nint address);

    [LibraryImport(Library)]
    private static partial int cuMemcpyAsync(nint to, nint from, nuint bytes, nint stream);

    [LibraryImport(Library)]
    private static partial int cuStreamSynchronize(nint stream);
}
