using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>What a cloud becomes as voxels; needs the engine, but no libtorch.</summary>
internal static class VoxelInspector
{
    private static readonly KernelGeometry Near = KernelGeometry.Submanifold(3, 3);
    private static readonly KernelGeometry Down = KernelGeometry.Create(3, 2, stride: 2);

    /// <summary>Takes points with finite positions, at least one.</summary>
    public static VoxelReport Inspect(PointCloud cloud, double size)
    {
        using var manager = new CoordinateManager(3);
        var fine = Voxelize(manager, cloud, size);
        var coarse = manager.Coarsen(fine, Down, StridedSites.Downsample);
        return new VoxelReport
        {
            Size = size,
            Voxels = fine.Rows,
            PointsPerVoxel = cloud.Count / (double)fine.Rows,
            Occupancy = fine.Rows / BoxVoxels(fine.Coordinates()),
            Kernel3 = Describe(manager.Rulebook(fine, fine, Near)),
            Kernel2Stride2 = Describe(manager.Rulebook(coarse, fine, Down)),
        };
    }

    public static long CountVoxels(PointCloud cloud, double size)
    {
        using var manager = new CoordinateManager(3);
        return Voxelize(manager, cloud, size).Rows;
    }

    private static CoordinateMap Voxelize(CoordinateManager manager, PointCloud cloud, double size) =>
        Voxelizer.Voxelize(manager, cloud.Positions, [], new VoxelizerOptions { VoxelSize = [size] }).Map;

    private static RulebookReport Describe(Rulebook rulebook) =>
        new()
        {
            OutputVoxels = rulebook.Coarse.Rows,
            Pairs = rulebook.Pairs,
            MeanNeighbours = rulebook.Pairs / (double)rulebook.Coarse.Rows,
            Bytes = rulebook.Bytes,
        };

    // All voxels of the bounding box, in double: they may be more than 64 bits count.
    private static double BoxVoxels(int[] coordinates)
    {
        var volume = 1.0;
        for (var axis = 1; axis <= 3; axis++)
        {
            var (low, high) = (long.MaxValue, long.MinValue);
            for (var i = axis; i < coordinates.Length; i += 4)
            {
                (low, high) = (Math.Min(low, coordinates[i]), Math.Max(high, coordinates[i]));
            }
            volume *= high - low + 1;
        }
        return volume;
    }
}
