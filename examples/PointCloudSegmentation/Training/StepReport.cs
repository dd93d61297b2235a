namespace PointCloudSegmentation.Training;

/// <summary>One step of training, as it is shown; epoch and step count from 1.</summary>
internal readonly record struct StepReport(
    int Epoch,
    int Epochs,
    int Step,
    int Steps,
    float Loss,
    double LearningRate,
    double PointsPerSecond,
    TimeSpan TimeLeft
);
