using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv;

/// <summary>Which voxels a <see cref="SparsePruningHead"/> keeps.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Only carries an argument.")]
public readonly struct PruningRule
{
    private PruningRule(double threshold, long? count)
    {
        Threshold = threshold;
        Count = count;
    }

    /// <summary>The logit that a kept voxel exceeds; minus infinity where the rule counts.</summary>
    public double Threshold { get; }

    /// <summary>How many voxels of each scan are kept, or null where the rule is a threshold.</summary>
    public long? Count { get; }

    /// <summary>Keeps the voxels whose logit is above a threshold; 0 is a probability of one half.</summary>
    public static PruningRule Above(double threshold)
    {
        if (double.IsNaN(threshold))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "threshold is NaN, must be a number.");
        }

        return new PruningRule(threshold, null);
    }

    /// <summary>
    /// Keeps the voxels with the largest logits of each scan, count of them or all where there are fewer; of equal
    /// logits those in the lowest rows, and not-a-number last.
    /// </summary>
    public static PruningRule Best(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new PruningRule(double.NegativeInfinity, count);
    }
}
