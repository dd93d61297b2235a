namespace TorchSharp.SparseConv.Data;

/// <summary>What one step of training measured.</summary>
/// <param name="Loss">The loss of the step's batch.</param>
/// <param name="LearningRate">The learning rate that the step was taken with.</param>
/// <param name="PointsPerSecond">The points of the batch over the time that the step took.</param>
public readonly record struct TrainingStep(double Loss, double LearningRate, double PointsPerSecond);
