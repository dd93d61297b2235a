using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>What a tensor is; mirrors TensorInfo in tensor.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TensorInfo
{
    public long Dimensions;
    public long Elements;
    public long ElementSize;
    public int Dtype;
    public int DeviceType;
    public int DeviceIndex;
    public int Layout;
    public int RequiresGrad;
    public int IsLeaf;
}
