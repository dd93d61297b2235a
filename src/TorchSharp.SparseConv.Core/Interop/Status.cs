namespace TorchSharp.SparseConv.Core;

/// <summary>What a native call reports.</summary>
public enum Status
{
    /// <summary>The call did what was asked.</summary>
    Ok = 0,

    /// <summary>A value is not allowed.</summary>
    InvalidArgument = -1,

    /// <summary>Memory could not be had.</summary>
    OutOfMemory = -2,

    /// <summary>The request is valid, but not offered by this build or machine.</summary>
    Unsupported = -3,

    /// <summary>A device failed.</summary>
    Device = -4,

    /// <summary>A fault in the engine itself.</summary>
    Internal = -5,
}
