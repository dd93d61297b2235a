namespace TorchSharp.SparseConv.Data;

/// <summary>A measurement of the network in the course of training.</summary>
/// <param name="Measured">What it was measured on, such as "training" or "validation"; each name is a curve.</param>
/// <param name="Step">How many steps had been taken.</param>
/// <param name="MeanIoU">The mean intersection over union, 0 to 1; NaN where there was none.</param>
/// <param name="Accuracy">The share of points that were right, 0 to 1; NaN where there was none.</param>
public readonly record struct TrainingScore(string Measured, int Step, double MeanIoU, double Accuracy);
