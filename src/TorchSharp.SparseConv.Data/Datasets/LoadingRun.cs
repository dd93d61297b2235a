using System.Threading.Channels;

namespace TorchSharp.SparseConv.Data.Datasets;

// One epoch being loaded. Jobs go into two queues: that of the workers, who take them as they are free, and that of the
// consumer, who takes them in order. The second is bounded, and so is what is loaded ahead.
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

    // The next batch; null after the last.
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
            // The consumer has left; the queues are completed all the same, which ends the workers.
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
            // The consumer has left.
        }
    }

    // Threads of loaders and training loops have nothing else to do than to wait.
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
