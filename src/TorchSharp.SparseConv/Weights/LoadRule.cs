namespace TorchSharp.SparseConv;

/// <summary>What Weights.Load does with a file that does not fit the module entry by entry.</summary>
public enum LoadRule
{
    /// <summary>Throws, and changes nothing, unless names and shapes match one to one.</summary>
    Strict,

    /// <summary>Loads the entries whose names and shapes match and leaves the rest of the module as it is.</summary>
    Matching,
}
