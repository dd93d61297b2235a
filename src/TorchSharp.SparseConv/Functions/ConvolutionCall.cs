using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>What one convolution needs beside its tensors: which pairs, which way, and the sizes of its matrices.</summary>
internal sealed class ConvolutionCall(
    Rulebook rulebook,
    ConvolutionDirection direction,
    long inChannels,
    long outChannels,
    long groups
)
{
    internal Rulebook Rulebook { get; } = rulebook;

    internal ConvolutionDirection Direction { get; } = direction;

    internal long InChannels { get; } = inChannels;

    internal long OutChannels { get; } = outChannels;

    internal long Groups { get; } = groups;

    /// <summary>[taps, in / groups, out].</summary>
    internal long[] WeightShape => [Taps, InChannels / Groups, OutChannels];

    internal long Taps => Rulebook.Taps;

    internal long InRows => (Direction == ConvolutionDirection.FineToCoarse ? Rulebook.Fine : Rulebook.Coarse).Rows;

    internal long OutRows => (Direction == ConvolutionDirection.FineToCoarse ? Rulebook.Coarse : Rulebook.Fine).Rows;

    /// <summary>Which of features, weight and bias want a gradient: noted in forward, for backward is not told.</summary>
    internal (bool Features, bool Weight, bool Bias) Needs { get; set; }

    /// <summary>The element types that the gradients of weight and bias arrive in: those of weight and bias.</summary>
    internal (torch.ScalarType Weight, torch.ScalarType Bias) Types { get; set; }

    /// <summary>From what backward kept to the features, or null where it kept these.</summary>
    internal Func<IReadOnlyList<torch.Tensor?>, torch.Tensor>? MakeFeatures { get; set; }
}
