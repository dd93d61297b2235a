using TorchSharp.SparseConv.Data.Datasets;
using TorchSharp.SparseConv.Data.Scenes;

namespace TorchSharp.SparseConv.Data;

/// <summary>Loads batches of a data set ahead on threads of its own; the batches depend on seed and epoch only, not on the number of threads.</summary>
/// <remarks>The batches are an ordinary sequence, so that a training loop stays on one thread, to which TorchSharp's dispose scopes belong.</remarks>
public sealed class PointCloudLoader
{
    private readonly IPointCloudDataset _dataset;
    private readonly int _batchSize;

    /// <summary>A loader of so many clouds a batch; the last batch of an epoch may have fewer.</summary>
    public PointCloudLoader(IPointCloudDataset dataset, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        _dataset = dataset;
        _batchSize = batchSize;
    }

    /// <summary>How many threads load.</summary>
    public int Workers
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 2;

    /// <summary>How many batches at most are loaded, or being loaded, before they are asked for.</summary>
    public int BatchesAhead
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 4;

    /// <summary>Draws the order of each epoch and the augmentation of each cloud.</summary>
    public int Seed { get; init; }

    /// <summary>The order of the clouds; shuffled unless set.</summary>
    public LoadingOrder Order { get; init; } = LoadingOrder.Shuffled;

    /// <summary>How each cloud is changed, differently in each epoch; not at all unless set.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>The number of batches of an epoch.</summary>
    public int BatchCount => (_dataset.Count + _batchSize - 1) / _batchSize;

    /// <summary>The batches of an epoch, in order. Loading begins with the enumeration and ends with it, finished or not; no thread is left then.</summary>
    /// <exception cref="OperationCanceledException">While enumerated: the token was cancelled.</exception>
    /// <remarks>What the data set throws comes out of the enumeration, in place of the batch that it concerns.</remarks>
    public IEnumerable<PointCloudBatch> Epoch(int epoch, CancellationToken cancellation = default) =>
        Epoch(epoch, 0, cancellation);

    /// <summary>As the other, from one of its batches on: what a training that stopped before that batch continues with. The batches before are not loaded.</summary>
    /// <exception cref="OperationCanceledException">While enumerated: the token was cancelled.</exception>
    public IEnumerable<PointCloudBatch> Epoch(int epoch, int firstBatch, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBatch, BatchCount);
        return Batches(epoch, firstBatch, cancellation);
    }

    private IEnumerable<PointCloudBatch> Batches(int epoch, int firstBatch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var order = OrderOf(epoch);
        using var run = new LoadingRun(
            BatchCount - firstBatch,
            Workers,
            BatchesAhead,
            (number, stop) => Load(epoch, firstBatch + number, order, stop),
            cancellation
        );
        while (run.Next() is { } batch)
        {
            yield return batch;
        }
    }

    private PointCloudBatch Load(int epoch, int number, int[] order, CancellationToken stop)
    {
        var first = number * _batchSize;
        var indices = order[first..Math.Min(first + _batchSize, order.Length)];
        var clouds = new PointCloud[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            var cloud = _dataset.Load(indices[i]);
            clouds[i] = Augmentation is { } change ? change.Apply(cloud, new Random(SeedOf(epoch, indices[i]))) : cloud;
        }
        return new PointCloudBatch(number, indices, clouds);
    }

    private int[] OrderOf(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, _dataset.Count)];
        if (Order == LoadingOrder.Shuffled)
        {
            var random = new SceneRandom(Seed, epoch);
            for (var i = order.Length - 1; i > 0; i--)
            {
                var other = (int)(random.Next() * (i + 1));
                (order[i], order[other]) = (order[other], order[i]);
            }
        }
        return order;
    }

    // Of one cloud in one epoch.
    private int SeedOf(int epoch, int index)
    {
        var random = new SceneRandom(Seed, epoch);
        var epochSeed = (int)(random.Next() * int.MaxValue);
        return (int)(new SceneRandom(epochSeed, index).Next() * int.MaxValue);
    }
}
