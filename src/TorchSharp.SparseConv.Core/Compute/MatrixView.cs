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
