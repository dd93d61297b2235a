namespace TorchSharp.SparseConv;

/// <summary>
/// Numbers that live as long as the process. TorchSharp hands a Scalar's address to native code without keeping the
/// Scalar alive, so one that is made for a single call may be finalized while the call reads it. That goes for the 1
/// which add(tensor) and the operator + make for their alpha, too: call add with One as its last argument instead.
/// </summary>
internal static class Scalars
{
    internal static readonly Scalar Zero = 0;
    internal static readonly Scalar One = 1;
}
