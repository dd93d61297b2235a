using System.Threading.Channels;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Loads batches of a data set ahead of time on its own threads. The batches depend on the seed and the epoch, and not
/// on the number of threads.
/// </summary>
/// <remarks>
/// The batches are an ordinary sequence, so that the training loop stays on one thread, as TorchSharp's dispose scopes
/// require.
/// </remarks>
public sealed class PointCloudLoader
{
    private readonly IPointCloudDataset _dataset;
    private readonly int _batchSize;

    /// <summary>Makes a loader with a batch size. The last batch of an epoch may be smaller.</summary>
    public PointCloudLoader(IPointCloudDataset dataset, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        _dataset = dataset;
        _batchSize = batchSize;
    }

    /// <summary>The number of loading threads.</summary>
    public int Workers
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 2;

    /// <summary>The largest number of batches that are loaded, or being loaded, before they are asked for.</summary>
    public int BatchesAhead
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 4;

    /// <summary>The seed of the order and of the augmentation.</summary>
    public int Seed { get; init; }

    /// <summary>The order of the clouds; shuffled by default.</summary>
    public LoadingOrder Order { get; init; } = LoadingOrder.Shuffled;

    /// <summary>The augmentation, which differs from epoch to epoch; none by default.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>The number of batches in an epoch.</summary>
    public int BatchCount => (_dataset.Count + _batchSize - 1) / _batchSize;

    /// <summary>
    /// Returns the batches of an epoch in order. Loading starts when the enumeration starts and stops when it ends,
    /// even if it ends early; then no thread is left.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled during the enumeration.</exception>
    /// <remarks>
    /// An exception of the data set is thrown by the enumeration in place of the batch that it concerns.
    /// </remarks>
    public IEnumerable<PointCloudBatch> Epoch(int epoch, CancellationToken cancellation = default) =>
        Epoch(epoch, 0, cancellation);

    /// <summary>
    /// Returns the batches of an epoch from a given batch on, without loading the batches before it. A training that
    /// was stopped continues this way.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled during the enumeration.</exception>
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

    // The seed of one cloud in one epoch.
    private int SeedOf(int epoch, int index)
    {
        var random = new SceneRandom(Seed, epoch);
        var epochSeed = (int)(random.Next() * int.MaxValue);
        return (int)(new SceneRandom(epochSeed, index).Next() * int.MaxValue);
    }
}

/// <summary>The order in which a loader visits a data set.</summary>
public enum LoadingOrder
{
    /// <summary>The order of the data set, in every epoch.</summary>
    Sequential,

    /// <summary>A new random order in every epoch, drawn from the seed of the loader.</summary>
    Shuffled,
}

/// <summary>Clouds of a data set that are processed together.</summary>
public sealed class PointCloudBatch
{
    internal PointCloudBatch(int number, int[] indices, PointCloud[] clouds)
    {
        Number = number;
        Indices = indices;
        Clouds = clouds;
    }

    /// <summary>The number of the batch in its epoch, from 0.</summary>
    public int Number { get; }

    /// <summary>The index of each cloud in the data set.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The clouds, augmented if the loader augments.</summary>
    public IReadOnlyList<PointCloud> Clouds { get; }
}

// Loads one epoch. Every job goes into two queues: workers take jobs from the first as soon as they are free, and the
// consumer takes jobs from the second in order. The second queue is bounded, which bounds the number of batches that
// are loaded ahead.
internal sealed class LoadingRun : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _cancellation;
    private readonly Channel<LoadingJob> _work = Channel.CreateUnbounded<LoadingJob>();
    private readonly Channel<LoadingJob> _ahead;
    private readonly Thread[] _workers;
    private readonly Task _feeding;

    public LoadingRun(
        int batches,
        int workers,
        int batchesAhead,
        Func<int, CancellationToken, PointCloudBatch> load,
        CancellationToken cancellation
    )
    {
        _cancellation = cancellation;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ahead = Channel.CreateBounded<LoadingJob>(
            new BoundedChannelOptions(batchesAhead) { SingleReader = true, SingleWriter = true }
        );
        var stop = _stop.Token;
        _feeding = Task.Run(() => Feed(batches, stop), CancellationToken.None);
        _workers = new Thread[Math.Min(workers, Math.Max(1, batches))];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(() => Work(load, stop)) { IsBackground = true, Name = $"point cloud loader {i}" };
            _workers[i].Start();
        }
    }

    // Returns the next batch, or null after the last one.
    public PointCloudBatch? Next()
    {
        try
        {
            return Wait(_ahead.Reader.WaitToReadAsync(_stop.Token).AsTask()) && _ahead.Reader.TryRead(out var job)
                ? Wait(job.Result.WaitAsync(_stop.Token))
                : null;
        }
        catch (OperationCanceledException)
        {
            _cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        Wait(_feeding);
        foreach (var worker in _workers)
        {
            worker.Join();
        }
        _stop.Dispose();
    }

    private async Task Feed(int batches, CancellationToken stop)
    {
        try
        {
            for (var number = 0; number < batches; number++)
            {
                var job = new LoadingJob(number);
                await _ahead.Writer.WriteAsync(job, stop);
                await _work.Writer.WriteAsync(job, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The consumer has stopped. Completing the queues ends the workers.
        }
        _ahead.Writer.Complete();
        _work.Writer.Complete();
    }

    private void Work(Func<int, CancellationToken, PointCloudBatch> load, CancellationToken stop)
    {
        try
        {
            while (Wait(_work.Reader.WaitToReadAsync(stop).AsTask()))
            {
                while (!stop.IsCancellationRequested && _work.Reader.TryRead(out var job))
                {
                    job.Run(load, stop);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The consumer has stopped.
        }
    }

    // The threads of loaders and training loops may block.
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}

// A batch that is going to be loaded.
internal sealed class LoadingJob(int number)
{
    private readonly TaskCompletionSource<PointCloudBatch> _result = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public Task<PointCloudBatch> Result => _result.Task;

    // The consumer receives every exception of the data set.
    public void Run(Func<int, CancellationToken, PointCloudBatch> load, CancellationToken stop)
    {
        try
        {
            _result.SetResult(load(number, stop));
        }
        catch (Exception error)
        {
            _result.SetException(error);
            _ = _result.Task.Exception; // nobody may come for it any more
        }
    }
}
