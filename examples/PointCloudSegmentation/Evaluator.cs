using PointCloudSegmentation.Model;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>Measures a model on labelled scans, point by point.</summary>
internal static class Evaluator
{
    /// <summary>Predicts every scan; the first is handed to <paramref name="onFirst"/> with its prediction.</summary>
    public static ConfusionMatrix Measure(
        SegmentationModel model,
        IPointCloudDataset dataset,
        Action<PointCloud, int[]> onFirst,
        CancellationToken stop
    )
    {
        var matrix = new ConfusionMatrix(dataset.ClassNames.Count, dataset.IgnoreLabel);
        for (var index = 0; index < dataset.Count; index++)
        {
            stop.ThrowIfCancellationRequested();
            var cloud = dataset.Load(index);
            var prediction = model.Predict(cloud);
            matrix.Add(cloud.Labels!, prediction);
            if (index == 0)
            {
                onFirst(cloud, prediction);
            }
        }
        return matrix;
    }
}
