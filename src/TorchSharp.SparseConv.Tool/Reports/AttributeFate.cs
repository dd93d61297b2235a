namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>What became of an attribute in another format.</summary>
internal enum AttributeFate
{
    /// <summary>Type and values are the same.</summary>
    Kept,

    /// <summary>The same numbers in another type.</summary>
    Retyped,

    /// <summary>Other numbers.</summary>
    Changed,

    /// <summary>It is not there.</summary>
    Lost,

    /// <summary>It was not there before: the format has it always.</summary>
    Added,
}
