using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>
/// The voxels of several scans as the input of the network. Disposing a batch frees its voxels with all their
/// coordinate maps and rulebooks.
/// </summary>
internal sealed class Batch : IDisposable
{
    private readonly PointBatch _points;

    private Batch(PointBatch points, SparseTensor input, long[] voxelOfPoint)
    {
        _points = points;
        Input = input;
        VoxelOfPoint = voxelOfPoint;
    }

    public SparseTensor Input { get; }

    /// <summary>The row of the voxel of each point.</summary>
    public long[] VoxelOfPoint { get; }

    public static Batch Voxelize(PointBatch points, double voxelSize)
    {
        using var positions = torch.tensor(points.Positions, [points.Count, 3]);
        using var features = torch.tensor(
            points.Features,
            [points.Count, points.Count == 0 ? 1 : points.Features.Length / points.Count]
        );
        using var scans = torch.tensor(points.ScanOfPoint);
        var input = SparseTensor.from_points(positions, features, voxelSize, out var voxels, scans, points.Scans);
        using (voxels)
        {
            return new Batch(points, input, voxels.data<long>().ToArray());
        }
    }

    /// <summary>Returns the most frequent class in each voxel; the ignored class only if there is no other.</summary>
    public long[] VoxelLabels(int classes, int ignored)
    {
        var votes = new int[Input.count * classes];
        for (var point = 0; point < VoxelOfPoint.Length; point++)
        {
            votes[VoxelOfPoint[point] * classes + _points.Labels[point]]++;
        }
        var labels = new long[Input.count];
        for (var voxel = 0; voxel < labels.Length; voxel++)
        {
            var most = 0;
            labels[voxel] = ignored;
            for (var label = 0; label < classes; label++)
            {
                var count = votes[voxel * classes + label];
                if (label != ignored && count > most)
                {
                    (most, labels[voxel]) = (count, label);
                }
            }
        }
        return labels;
    }

    public void Dispose()
    {
        Input.manager.Dispose();
        Input.Dispose();
    }
}

/// <summary>The points of several scans, joined in one set of arrays.</summary>
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
