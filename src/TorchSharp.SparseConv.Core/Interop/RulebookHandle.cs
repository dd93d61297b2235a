namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>Owns one spc_rulebook.</summary>
internal sealed class RulebookHandle : NativeHandle
{
    protected override void Destroy(nint native) => Native.spc_rulebook_destroy(native);
}
