using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>spc_geometry: 18 int32 and a pointer, entries at and beyond the dimensions are 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeGeometry
{
    internal int Dimensions;
    internal fixed int Size[PerAxis.MaxCount];
    internal fixed int Stride[PerAxis.MaxCount];
    internal fixed int Dilation[PerAxis.MaxCount];
    internal fixed int Padding[PerAxis.MaxCount];
    internal int TapCount;
    internal int* Taps;

    // The taps are the geometry's own, pinned by the caller for as long as this is used.
    internal static NativeGeometry From(KernelGeometry geometry, int* taps)
    {
        var native = new NativeGeometry
        {
            Dimensions = geometry.Dimensions,
            Taps = taps,
            TapCount = taps is null ? 0 : geometry.Taps,
        };
        for (var axis = 0; axis < geometry.Dimensions; axis++)
        {
            native.Size[axis] = geometry.Size[axis];
            native.Stride[axis] = geometry.Stride[axis];
            native.Dilation[axis] = geometry.Dilation[axis];
            native.Padding[axis] = geometry.Padding[axis];
        }
        return native;
    }
}
