namespace TorchSharp.SparseConv.Data;

/// <summary>Which byte of a number comes first in a file.</summary>
public enum ByteOrder
{
    /// <summary>The least significant.</summary>
    LittleEndian,

    /// <summary>The most significant.</summary>
    BigEndian,
}
