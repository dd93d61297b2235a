namespace TorchSharp.SparseConv.Core;

/// <summary>Scratch memory of the caller for one convolution; <c>default</c> lets the call rent its own.</summary>
/// <param name="Data">Address, a multiple of 64.</param>
/// <param name="Bytes">Size, at least what <see cref="Convolution.WorkspaceBytes"/> says.</param>
public readonly record struct Workspace(nint Data, long Bytes);
