namespace TorchSharp.SparseConv.Core;

/// <summary>Numbers that follow one another in memory that stays the caller's.</summary>
/// <param name="Data">Address of the first; may be 0 only when there are none.</param>
/// <param name="Length">How many there are, 0 or more.</param>
/// <param name="Device">-1 for host memory, else the index of a CUDA device.</param>
public readonly record struct ArrayView<T>(nint Data, long Length, int Device = -1)
    where T : unmanaged;
