namespace PointCloudSegmentation.Tests;

// Asks a training to stop after so many steps, as Ctrl-C would, through the same token.
internal sealed class StopAfter(int steps) : ITrainingDisplay, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _seen;

    public CancellationToken Token => _stop.Token;

    public List<double> EpochLosses { get; } = [];

    public List<double> Rates { get; } = [];

    public void ShowStep(in StepReport report)
    {
        Rates.Add(report.LearningRate);
        if (++_seen == steps)
        {
            _stop.Cancel();
        }
    }

    public void ShowEpoch(int epoch, int epochs, double meanLoss, double meanIou, TimeSpan elapsed) =>
        EpochLosses.Add(meanLoss);

    public void Dispose() => _stop.Dispose();
}
