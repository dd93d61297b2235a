using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Training;

/// <summary>How far a run has come.</summary>
internal sealed class TrainingProgress
{
    /// <summary>The epoch that the next step belongs to, from 0.</summary>
    public int Epoch { get; set; }

    /// <summary>The next step within that epoch, from 0.</summary>
    public int Step { get; set; }

    /// <summary>The loss of every step so far.</summary>
    public List<float> Losses { get; init; } = [];

    /// <summary>The learning rate that every step so far was taken with.</summary>
    public List<double> Rates { get; init; } = [];

    /// <summary>How fast every step so far was.</summary>
    public List<double> PointsPerSecond { get; init; } = [];

    /// <summary>What every epoch so far measured on its own batches, as it went.</summary>
    public List<TrainingScore> Scores { get; init; } = [];

    /// <summary>Voxels of the current epoch so far by true and predicted class, [classes, classes].</summary>
    public long[] Confusion { get; set; } = [];

    /// <summary>Counts a step.</summary>
    public void Add(float loss, double rate, double pointsPerSecond)
    {
        Losses.Add(loss);
        Rates.Add(rate);
        PointsPerSecond.Add(pointsPerSecond);
        Step++;
    }
}
