namespace TorchSharp.SparseConv.Data.Datasets;

// A batch that somebody waits for.
internal sealed class LoadingJob(int number)
{
    private readonly TaskCompletionSource<PointCloudBatch> _result = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public Task<PointCloudBatch> Result => _result.Task;

    // Whatever the data set throws belongs to the one who waits.
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
