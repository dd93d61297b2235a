using TorchSharp;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Training;

/// <summary>Weights that keep common classes from drowning rare ones (the formula of ENet, Paszke et al. 2016).</summary>
internal static class ClassBalance
{
    private const int ScansCounted = 16;

    /// <summary>[classes] float weights, from the labels of some scans spread over the data set.</summary>
    public static torch.Tensor Weights(IPointCloudDataset dataset)
    {
        var counts = new long[dataset.ClassNames.Count];
        var scans = Math.Min(ScansCounted, dataset.Count);
        for (var i = 0; i < scans; i++)
        {
            foreach (var label in dataset.Load((int)((long)i * dataset.Count / scans)).Labels ?? [])
            {
                counts[label]++;
            }
        }
        counts[dataset.IgnoreLabel] = 0;
        var total = (double)Math.Max(1, counts.Sum());
        return torch.tensor(Array.ConvertAll(counts, count => (float)(1 / Math.Log(1.02 + count / total))));
    }
}
