using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>What one batch norm needs beside its tensors.</summary>
internal sealed class NormCall(double epsilon, NormStatistics statistics, Activation activation)
{
    internal double Epsilon { get; } = epsilon;

    internal NormStatistics Statistics { get; } = statistics;

    internal Activation Activation { get; } = activation;

    /// <summary>Which of features, weight, bias and residual want a gradient: noted in forward, for backward is not told.</summary>
    internal (bool Features, bool Weight, bool Bias, bool Residual) Needs { get; set; }

    /// <summary>[N, C].</summary>
    internal long[] FeaturesShape { get; set; } = [];
}
