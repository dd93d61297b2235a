namespace TorchSharp.SparseConv;

/// <summary>
/// The best of a series of scores, and how long ago it was: when to save a model, and when to stop. A record of plain
/// numbers, so that it can stand in the state of a <see cref="TrainingCheckpoint"/>.
/// </summary>
/// <param name="Patience">How many scores in a row may be no better before it is time to stop.</param>
public sealed record BestScore(int Patience)
{
    /// <summary>How many scores in a row may be no better before it is time to stop, 1 or more.</summary>
    public int Patience { get; init; } =
        Patience >= 1
            ? Patience
            : throw new ArgumentOutOfRangeException(nameof(Patience), Patience, "must be 1 or more");

    /// <summary>The highest score so far; null before the first.</summary>
    public double? Best { get; set; }

    /// <summary>The number of scores since the best one.</summary>
    public int SinceBest { get; set; }

    /// <summary>Whether as many scores as the patience allows were no better than the best.</summary>
    public bool ShouldStop => SinceBest >= Patience;

    /// <summary>
    /// Adds a score, higher is better, and says whether it is the best so far. A score that is not a number never is.
    /// </summary>
    public bool Add(double score)
    {
        var isBest = score > (Best ?? double.NegativeInfinity);
        (Best, SinceBest) = isBest ? (score, 0) : (Best, SinceBest + 1);
        return isBest;
    }
}
