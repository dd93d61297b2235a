namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>Owns one spc_map.</summary>
internal sealed class MapHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_map_destroy(native);
}
