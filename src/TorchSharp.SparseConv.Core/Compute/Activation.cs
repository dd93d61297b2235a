namespace TorchSharp.SparseConv.Core;

/// <summary>What a convolution does last with each value that it writes.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    Identity,

    /// <summary>Values below zero become zero; not-a-number stays.</summary>
    Relu,
}
