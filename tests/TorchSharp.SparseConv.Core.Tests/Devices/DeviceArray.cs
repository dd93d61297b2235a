using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>
/// Numbers of the host that a call may read and write on its device: the host's own memory for the CPU, a copy on the CUDA
/// device for CUDA, which goes there when it is asked for and comes back when the numbers are.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Freed with the last reference to it, as arrays are.")]
internal sealed unsafe class DeviceArray<T>
    where T : unmanaged
{
    private readonly Backend _backend;
    private readonly T[] _host;
    private readonly DeviceMemory? _device;
    private bool _isAway;

    internal DeviceArray(Backend backend, long length)
        : this(backend, GC.AllocateArray<T>(checked((int)length), pinned: true)) { }

    /// <summary>A copy of the numbers given.</summary>
    internal DeviceArray(Backend backend, ReadOnlySpan<T> values)
        : this(backend, values.Length) => values.CopyTo(_host);

    private DeviceArray(Backend backend, T[] host)
    {
        (_backend, _host) = (backend, host);
        if (backend == Backend.Cuda && host.Length > 0)
        {
            _device = new DeviceMemory(Bytes);
        }
    }

    /// <summary>The numbers, as the last call left them.</summary>
    internal T[] Host
    {
        get
        {
            if (_isAway)
            {
                CudaDriver.Copy(Pinned, _device!.Address, Bytes);
            }

            _isAway = false;
            return _host;
        }
    }

    /// <summary>Where a call finds them; 0 where there are none.</summary>
    internal nint Address
    {
        get
        {
            if (_device is null)
            {
                return _host.Length == 0 ? 0 : Pinned;
            }

            if (!_isAway)
            {
                CudaDriver.Copy(_device.Address, Pinned, Bytes);
            }

            _isAway = true;
            return _device.Address;
        }
    }

    internal ArrayView<T> View => new(Address, _host.Length, (int)_backend);

    internal Workspace Workspace => new(Address, Bytes);

    private long Bytes => (long)_host.Length * sizeof(T);

    private nint Pinned
    {
        get
        {
            fixed (T* first = _host)
            {
                return (nint)first;
            }
        }
    }
}

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
