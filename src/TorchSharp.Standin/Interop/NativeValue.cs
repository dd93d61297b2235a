using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>A boxed value as it crosses the boundary; mirrors standin::Value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public ValueKind Kind;
    public int Length;

    /// <summary>An integer, the bits of a double, or a pointer.</summary>
    public long Bits;
}
