namespace TorchSharp.SparseConv.Data;

/// <summary>How a PCD file holds its numbers.</summary>
public enum PcdEncoding
{
    /// <summary>As text, a line for each point.</summary>
    Ascii,

    /// <summary>As bytes, point after point.</summary>
    Binary,

    /// <summary>As bytes, field after field, compressed with LZF.</summary>
    BinaryCompressed,
}
