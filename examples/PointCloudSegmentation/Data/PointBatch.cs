using PointCloudSegmentation.Model;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Data;

/// <summary>The points of several scans in one set of arrays: what can be prepared on any thread, before the first tensor.</summary>
internal sealed class PointBatch
{
    public required int Scans { get; init; }

    public required float[] Positions { get; init; } // [points, 3]

    public required float[] Features { get; init; } // [points, PointFeatures.Channels]

    public required int[] ScanOfPoint { get; init; }

    public required int[] Labels { get; init; }

    public int Count => ScanOfPoint.Length;

    public static PointBatch Join(IReadOnlyList<PointCloud> clouds, double voxelSize)
    {
        var count = clouds.Sum(cloud => cloud.Count);
        var batch = new PointBatch
        {
            Scans = clouds.Count,
            Positions = new float[3 * count],
            Features = new float[PointFeatures.Channels * count],
            ScanOfPoint = new int[count],
            Labels = new int[count],
        };
        var start = 0;
        for (var scan = 0; scan < clouds.Count; scan++)
        {
            var cloud = clouds[scan];
            cloud.Positions.CopyTo(batch.Positions, 3 * start);
            cloud.Labels?.CopyTo(batch.Labels, start);
            PointFeatures.Write(cloud, voxelSize, batch.Features.AsSpan(PointFeatures.Channels * start));
            batch.ScanOfPoint.AsSpan(start, cloud.Count).Fill(scan);
            start += cloud.Count;
        }
        return batch;
    }
}
