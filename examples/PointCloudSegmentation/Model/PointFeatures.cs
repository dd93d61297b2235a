using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Model;

/// <summary>What the network sees of a point: its intensity, its height, and where in its voxel it lies.</summary>
internal static class PointFeatures
{
    public const int Channels = 5;
    private const float HeightUnit = 2; // metres: brings the height to about -1 to 1

    /// <summary>Writes [points, Channels], row-major.</summary>
    public static void Write(PointCloud cloud, double voxelSize, Span<float> to)
    {
        for (var point = 0; point < cloud.Count; point++)
        {
            var row = to.Slice(point * Channels, Channels);
            row[0] = cloud.Intensity?[point] ?? 0;
            row[1] = cloud.Positions[3 * point + 2] / HeightUnit;
            for (var axis = 0; axis < 3; axis++)
            {
                var place = cloud.Positions[3 * point + axis] / voxelSize;
                row[2 + axis] = (float)(place - Math.Floor(place) - 0.5);
            }
        }
    }
}
