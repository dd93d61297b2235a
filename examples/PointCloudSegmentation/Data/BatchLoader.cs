using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Data;

/// <summary>Shuffled, augmented batches. Order and augmentation follow from seed and epoch alone, so any step can be made again.</summary>
internal sealed class BatchLoader(
    IPointCloudDataset dataset,
    int batchSize,
    Augmentation augmentation,
    double voxelSize,
    int seed
)
{
    public int StepsPerEpoch => (dataset.Count + batchSize - 1) / batchSize;

    /// <summary>The batches of an epoch from a step on; the next one is prepared while the caller works on the last.</summary>
    public IEnumerable<PointBatch> Epoch(int epoch, int firstStep)
    {
        var order = Enumerable.Range(0, dataset.Count).ToArray();
        new Random(Mix(epoch, -1)).Shuffle(order);
        Task<PointBatch>? next = null;
        for (var step = firstStep; step < StepsPerEpoch; step++)
        {
            var current = next ?? Prepare(order, epoch, step);
            var following = step + 1;
            next = following < StepsPerEpoch ? Prepare(order, epoch, following) : null;
            yield return current.GetAwaiter().GetResult();
        }
    }

    private Task<PointBatch> Prepare(int[] order, int epoch, int step) =>
        Task.Run(() =>
        {
            var scans = order.AsSpan(step * batchSize, Math.Min(batchSize, order.Length - step * batchSize)).ToArray();
            return PointBatch.Join([.. scans.Select(scan => Load(scan, epoch))], voxelSize);
        });

    private PointCloud Load(int scan, int epoch) =>
        augmentation.Apply(dataset.Load(scan), new Random(Mix(epoch, scan)));

    // One seed from three numbers, the same on every machine (HashCode is not).
    private int Mix(int epoch, int scan)
    {
        unchecked
        {
            var mixed = (uint)seed;
            foreach (var value in (ReadOnlySpan<int>)[epoch, scan])
            {
                mixed = (mixed ^ (uint)value) * 0x9E3779B1;
                mixed ^= mixed >> 15;
            }
            return (int)(mixed & int.MaxValue);
        }
    }
}
