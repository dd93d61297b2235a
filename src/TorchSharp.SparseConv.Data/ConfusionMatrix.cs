namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Counts the pairs of true class and predicted class, and computes the usual measures of segmentation from them.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly long[] _counts; // [truth, prediction]

    /// <summary>
    /// Makes an empty matrix. Points whose true class is <paramref name="ignoreLabel"/> are never counted.
    /// </summary>
    public ConfusionMatrix(int classCount, int? ignoreLabel = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        ClassCount = classCount;
        IgnoreLabel = ignoreLabel;
        _counts = new long[classCount * classCount];
    }

    /// <summary>The number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>The true class that is not counted, if any.</summary>
    public int? IgnoreLabel { get; }

    /// <summary>The number of points counted.</summary>
    public long Total => _counts.Sum();

    /// <summary>
    /// The number of points of class <paramref name="truth"/> that were predicted as <paramref name="prediction"/>.
    /// </summary>
    public long this[int truth, int prediction] => _counts[truth * ClassCount + prediction];

    /// <summary>Counts one prediction for each true label.</summary>
    /// <exception cref="ArgumentException">
    /// The lengths differ, or a label is not a class. Nothing is counted then.
    /// </exception>
    public void Add(ReadOnlySpan<int> truth, ReadOnlySpan<int> prediction)
    {
        if (truth.Length != prediction.Length)
        {
            throw new ArgumentException(
                $"prediction has {prediction.Length} labels, truth has {truth.Length}: they must match point by point",
                nameof(prediction)
            );
        }
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] != IgnoreLabel)
            {
                Checks.Class(truth[i], i, ClassCount, nameof(truth), nameof(truth));
                Checks.Class(prediction[i], i, ClassCount, nameof(prediction), nameof(prediction));
            }
        }
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] != IgnoreLabel)
            {
                _counts[truth[i] * ClassCount + prediction[i]]++;
            }
        }
    }

    /// <summary>Adds the counts of another matrix, such as that of another scan or process.</summary>
    /// <exception cref="ArgumentException">The other matrix has other classes. Nothing is counted then.</exception>
    public void Add(ConfusionMatrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.ClassCount != ClassCount || other.IgnoreLabel != IgnoreLabel)
        {
            throw new ArgumentException(
                $"other has {other.ClassCount} classes and ignores {other.IgnoreLabel?.ToString() ?? "none"}, "
                    + $"must have {ClassCount} and ignore {IgnoreLabel?.ToString() ?? "none"}",
                nameof(other)
            );
        }
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>Adds a number of points of one true and one predicted class.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A label is not a class, or the count is negative. Nothing is counted then.
    /// </exception>
    public void Add(int truth, int prediction, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(truth);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(truth, ClassCount);
        ArgumentOutOfRangeException.ThrowIfNegative(prediction);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(prediction, ClassCount);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (truth != IgnoreLabel)
        {
            _counts[truth * ClassCount + prediction] += count;
        }
    }

    /// <summary>The number of points whose true class is this label.</summary>
    public long TruthCount(int label)
    {
        var sum = 0L;
        for (var other = 0; other < ClassCount; other++)
        {
            sum += this[label, other];
        }
        return sum;
    }

    /// <summary>The number of points that were predicted as this label.</summary>
    public long PredictionCount(int label)
    {
        var sum = 0L;
        for (var other = 0; other < ClassCount; other++)
        {
            sum += this[other, label];
        }
        return sum;
    }

    /// <summary>
    /// The intersection over union of a class, 0 to 1; NaN if the class occurs neither in the truth nor in the
    /// prediction.
    /// </summary>
    public double IoU(int label)
    {
        var hits = this[label, label];
        var union = TruthCount(label) + PredictionCount(label) - hits;
        return union == 0 ? double.NaN : (double)hits / union;
    }

    /// <summary>
    /// The mean of <see cref="IoU"/> over the classes that occur in the truth; NaN if there are none.
    /// </summary>
    public double MeanIoU
    {
        get
        {
            var present = Enumerable.Range(0, ClassCount).Where(label => TruthCount(label) > 0).ToList();
            return present.Count == 0 ? double.NaN : present.Average(IoU);
        }
    }

    /// <summary>The share of points that were predicted correctly, 0 to 1; NaN if no point was counted.</summary>
    public double Accuracy
    {
        get
        {
            var total = Total;
            return total == 0
                ? double.NaN
                : (double)Enumerable.Range(0, ClassCount).Sum(label => this[label, label]) / total;
        }
    }
}
