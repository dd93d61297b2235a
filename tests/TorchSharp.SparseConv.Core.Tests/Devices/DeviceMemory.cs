using Microsoft.Win32.SafeHandles;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Memory of CUDA device 0.</summary>
internal sealed class DeviceMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    internal DeviceMemory(long bytes)
        : base(ownsHandle: true) => SetHandle(CudaDriver.Allocate(bytes));

    internal nint Address => handle;

    protected override bool ReleaseHandle()
    {
        CudaDriver.Free(handle);
        return true;
    }
}
