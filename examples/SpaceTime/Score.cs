namespace SpaceTime;

/// <summary>What a network is worth, and what it costs; multiply-adds and pairs are those of a pass forward over the same clips.</summary>
internal sealed record Score(
    TimeKernel Time,
    int Taps,
    long Parameters,
    long MultiplyAdds,
    long Pairs,
    int[] Right,
    int[] All,
    double Seconds
)
{
    /// <summary>The share of voxels whose motion is told.</summary>
    public double Accuracy => (double)Right.Sum() / All.Sum();

    /// <summary>The same of the voxels of one motion.</summary>
    public double AccuracyOf(Motion motion) => (double)Right[(int)motion] / Math.Max(All[(int)motion], 1);
}
