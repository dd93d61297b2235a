using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The mean of the active values under the kernel, or their sum over the kernel's volume, channel by channel: a choice.
/// Divided by the volume it is PyTorch's avg_pool of the dense twin, read at the output sites.
/// </summary>
public abstract class SparseAvgPoolNd : SparsePoolNd
{
    private protected SparseAvgPoolNd(string name, KernelGeometry geometry, AverageDivisor divisor, StridedSites sites)
        : base(name, geometry, sites, Kinds(divisor)) => this.divisor = divisor;

    /// <summary>What the sums are divided by.</summary>
    public AverageDivisor divisor { get; }

    private static PoolingKind Kinds(AverageDivisor divisor) =>
        divisor switch
        {
            AverageDivisor.ActiveSites => PoolingKind.Mean,
            AverageDivisor.KernelVolume => PoolingKind.MeanOverVolume,
            _ => throw new ArgumentOutOfRangeException(
                nameof(divisor),
                divisor,
                $"divisor is {divisor}, must be ActiveSites or KernelVolume."
            ),
        };
}
