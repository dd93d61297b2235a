namespace TorchSharp.SparseConv.Core;

/// <summary>Which way a rulebook is run.</summary>
public enum ConvolutionDirection
{
    /// <summary>Reads fine rows and writes coarse rows: a convolution.</summary>
    FineToCoarse,

    /// <summary>Reads coarse rows and writes fine rows: a transposed convolution.</summary>
    CoarseToFine,
}
