using TorchSharp;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Data;

/// <summary>Voxels of several scans, ready for the network; disposing it frees them with all their coordinate maps and rulebooks.</summary>
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

    /// <summary>The row of each point's voxel: the inverse map.</summary>
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

    /// <summary>The commonest class among each voxel's points; the ignored one only where there is no other.</summary>
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
