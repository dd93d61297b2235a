namespace TorchSharp.SparseConv.Data;

/// <summary>How a PLY file holds its numbers.</summary>
public enum PlyEncoding
{
    /// <summary>As text, a line for each point.</summary>
    Ascii,

    /// <summary>As bytes, the least significant first; what most programs write.</summary>
    BinaryLittleEndian,

    /// <summary>As bytes, the most significant first.</summary>
    BinaryBigEndian,
}
