namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Memory of the caller for one call, on the device of the call, such as a convolution's scratch, which on the CPU
/// <c>default</c> lets the call rent itself.
/// </summary>
/// <param name="Data">Address; a multiple of 64 for scratch.</param>
/// <param name="Bytes">Size, at least what <see cref="Convolution.WorkspaceBytes"/> says; what <see cref="Pooling.SavedBytes"/> says.</param>
public readonly record struct Workspace(nint Data, long Bytes);
