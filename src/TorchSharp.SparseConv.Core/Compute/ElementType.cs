namespace TorchSharp.SparseConv.Core;

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
