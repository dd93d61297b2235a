using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>What one pooling needs beside its features: which pairs, which way, and what is taken of them.</summary>
internal sealed class PoolingCall(Rulebook rulebook, ConvolutionDirection direction, PoolingKind kind, long channels)
{
    internal Rulebook Rulebook { get; } = rulebook;

    internal ConvolutionDirection Direction { get; } = direction;

    internal PoolingKind Kind { get; } = kind;

    internal long Channels { get; } = channels;

    internal CoordinateMap Input => Direction == ConvolutionDirection.FineToCoarse ? Rulebook.Fine : Rulebook.Coarse;

    internal CoordinateMap Output => Direction == ConvolutionDirection.FineToCoarse ? Rulebook.Coarse : Rulebook.Fine;
}
