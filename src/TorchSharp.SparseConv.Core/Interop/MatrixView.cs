using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core;

/// <summary>A dense row-major matrix in memory that stays the caller's.</summary>
/// <param name="Data">Address of the first element; may be 0 only when there are no elements.</param>
/// <param name="Rows">Number of rows, 0 or more.</param>
/// <param name="Columns">Number of columns, 0 or more; rows follow one another without gaps.</param>
/// <param name="ElementType">Number format of the elements.</param>
/// <param name="Device">-1 for the CPU, else the index of a CUDA device.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct MatrixView(nint Data, long Rows, long Columns, ElementType ElementType, int Device = -1);

/// <summary>An array in memory that stays the caller's.</summary>
/// <param name="Data">Address of the first element; may be 0 only when there are none.</param>
/// <param name="Length">Number of elements, 0 or more.</param>
/// <param name="Device">-1 for host memory, else the index of a CUDA device.</param>
public readonly record struct ArrayView<T>(nint Data, long Length, int Device = -1)
    where T : unmanaged;

/// <summary>
/// Memory of the caller for one call, on the device of the call: a convolution's scratch, or what a forward pass saves
/// for the backward pass. A convolution on the CPU allocates its own scratch where it is given <c>default</c>.
/// </summary>
/// <param name="Data">Address; a multiple of 64 for scratch.</param>
/// <param name="Bytes">
/// Size: for scratch at least <see cref="Convolution.WorkspaceBytes"/>, else exactly <see cref="Pooling.SavedBytes"/>
/// or <see cref="Interpolation.SavedBytes"/>.
/// </param>
public readonly record struct Workspace(nint Data, long Bytes);

/// <summary>The number format of a matrix.</summary>
public enum ElementType
{
    /// <summary>32-bit IEEE floating point.</summary>
    Float32,

    /// <summary>64-bit IEEE floating point.</summary>
    Float64,

    /// <summary>16-bit brain floating point.</summary>
    BFloat16,

    /// <summary>16-bit IEEE floating point.</summary>
    Float16,
}
