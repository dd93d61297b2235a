using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Data;

/// <summary>The points of several scans in one set of arrays.</summary>
internal sealed class PointBatch
{
    public required int Scans { get; init; }

    public required float[] Positions { get; init; } // [points, 3]

    public required float[] Features { get; init; } // [points, the network's channels]

    public required int[] ScanOfPoint { get; init; }

    public required int[] Labels { get; init; }

    public int Count => ScanOfPoint.Length;

    public static PointBatch Join(IReadOnlyList<PointCloud> clouds, ModelConfig config)
    {
        var count = clouds.Sum(cloud => cloud.Count);
        var batch = new PointBatch
        {
            Scans = clouds.Count,
            Positions = new float[3 * count],
            Features = new float[config.Architecture.InChannels * count],
            ScanOfPoint = new int[count],
            Labels = new int[count],
        };
        var (start, channel) = (0, 0);
        for (var scan = 0; scan < clouds.Count; scan++)
        {
            var cloud = clouds[scan];
            cloud.Positions.CopyTo(batch.Positions, 3 * start);
            cloud.Labels?.CopyTo(batch.Labels, start);
            var features = config.Features(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());
            features.CopyTo(batch.Features, channel);
            batch.ScanOfPoint.AsSpan(start, cloud.Count).Fill(scan);
            start += cloud.Count;
            channel += features.Length;
        }
        return batch;
    }
}
