namespace TorchSharp.SparseConv.Core;

/// <summary>Points and the voxels that hold them.</summary>
public sealed class VoxelizedPoints
{
    internal VoxelizedPoints(CoordinateMap map, long[] voxelOfPoint, double[] lattice, int[] batch)
    {
        Map = map;
        VoxelOfPoint = voxelOfPoint;
        Lattice = lattice;
        Batch = batch;
        Dropped = voxelOfPoint.LongCount(row => row < 0);
    }

    /// <summary>The voxels, each once, in an order that depends on the set of them alone.</summary>
    public CoordinateMap Map { get; }

    /// <summary>The row of each point's voxel, -1 for a dropped point.</summary>
    public long[] VoxelOfPoint { get; }

    /// <summary>The points in units of the level, <c>[n, Dimensions]</c>: their voxel is the floor.</summary>
    public double[] Lattice { get; }

    /// <summary>The batch index of each point, -1 for a dropped point.</summary>
    public int[] Batch { get; }

    /// <summary>The number of points in no voxel.</summary>
    public long Dropped { get; }
}
