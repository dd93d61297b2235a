namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>Owns one spc_links.</summary>
internal sealed class LinksHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_links_destroy(native);
}
