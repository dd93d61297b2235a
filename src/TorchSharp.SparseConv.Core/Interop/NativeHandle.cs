using Microsoft.Win32.SafeHandles;

namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>
/// A native object whose size the garbage collector is told, so that objects nobody disposes are collected in time.
/// Calls in progress keep it alive: disposal takes effect when the last of them ends.
/// </summary>
internal abstract class NativeHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private long _bytes;

    protected NativeHandle()
        : base(ownsHandle: true) { }

    /// <summary>Tells the garbage collector what the object holds; called once, right after creation.</summary>
    internal void AddMemoryPressure(long bytes)
    {
        if (bytes <= 0)
        {
            return;
        }

        GC.AddMemoryPressure(bytes);
        _bytes = bytes;
    }

    protected abstract void Destroy(nint native);

    protected sealed override bool ReleaseHandle()
    {
        Destroy(handle);
        if (_bytes > 0)
        {
            GC.RemoveMemoryPressure(_bytes);
        }

        return true;
    }
}

/// <summary>Owns one spc_map.</summary>
internal sealed class MapHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_map_destroy(native);
}

/// <summary>Owns one spc_rulebook.</summary>
internal sealed class RulebookHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_rulebook_destroy(native);
}

/// <summary>Owns one spc_links.</summary>
internal sealed class LinksHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_links_destroy(native);
}
