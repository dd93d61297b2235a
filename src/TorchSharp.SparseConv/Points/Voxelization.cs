using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What became of points: the voxels with their features, and the way between points and voxels. Made by
/// SparseTensor.voxelize.
/// </summary>
/// <remarks>Disposing it disposes its tensors, <see cref="tensor"/> too.</remarks>
public sealed class Voxelization : IDisposable
{
    private readonly VoxelGroups _groups;
    private readonly PointSites _sites;

    internal Voxelization(Voxelized voxels, long[]? labels, long ignoreLabel)
    {
        _groups = voxels.Groups;
        _sites = new PointSites(voxels.Points, voxels.Tensor.batch_size);
        tensor = voxels.Tensor;
        dropped = voxels.Points.VoxelOfPoint.shape[0] - voxels.Points.Kept;
        voxel_of_point = voxels.Points.VoxelOfPoint;
        point_of_voxel = Index(voxels.Chosen);
        points_per_voxel = Index(voxels.AllGroups().Counts());
        this.labels = labels is null ? null : Index(voxels.Groups.MajorityLabels(labels, ignoreLabel));
    }

    /// <summary>
    /// The voxels and their features [N, C], ordered by their coordinates; differentiable in the points' features.
    /// </summary>
    public SparseTensor tensor { get; }

    /// <summary>int64 [n]: the row of each point's voxel, -1 for a dropped point.</summary>
    public torch.Tensor voxel_of_point { get; }

    /// <summary>
    /// int64 [N]: the point whose features a voxel has by <see cref="PointReduction.First"/> and
    /// <see cref="PointReduction.Random"/>; by the others its first point.
    /// </summary>
    public torch.Tensor point_of_voxel { get; }

    /// <summary>int64 [N]: the number of points in each voxel, 1 or more.</summary>
    public torch.Tensor points_per_voxel { get; }

    /// <summary>
    /// int64 [N]: the most frequent label of each voxel's points, of equally frequent ones the lowest, the ignored
    /// label where no point has another; null where no labels were given.
    /// </summary>
    public torch.Tensor? labels { get; }

    /// <summary>
    /// The number of points in no voxel: out of the range, out of the spatial shape, or in one voxel too many.
    /// </summary>
    public long dropped { get; }

    /// <summary>
    /// The features given, [n, C], as a point tensor that knows these voxels and their coordinate manager: the way
    /// back, such as <c>voxels.points(features).to_points(net.call(voxels.tensor))</c>. Dropped points read zeros.
    /// </summary>
    public PointTensor points(torch.Tensor features) => new(features, _sites);

    /// <summary>
    /// int64 [N, most]: the first points of each voxel, ascending, -1 where it has fewer: the padded groups that
    /// per-voxel encoders such as VoxelNet's take. No more of them than MaxPointsPerVoxel.
    /// </summary>
    public torch.Tensor first_points(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var index = new long[checked(_groups.Rows * most)];
        Array.Fill(index, -1);
        for (var row = 0; row < _groups.Rows; row++)
        {
            var points = _groups[row];
            for (var i = 0; i < Math.Min(most, points.Length); i++)
            {
                index[(row * most) + i] = points[i];
            }
        }

        return Index(index).view(_groups.Rows, most);
    }

    /// <summary>Hands all tensors to the dispose scope outside the current one, and returns this.</summary>
    public Voxelization MoveToOuterDisposeScope()
    {
        tensor.MoveToOuterDisposeScope();
        voxel_of_point.MoveToOuterDisposeScope();
        point_of_voxel.MoveToOuterDisposeScope();
        points_per_voxel.MoveToOuterDisposeScope();
        labels?.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Disposes all tensors.</summary>
    public void Dispose()
    {
        tensor.Dispose();
        voxel_of_point.Dispose();
        point_of_voxel.Dispose();
        points_per_voxel.Dispose();
        labels?.Dispose();
    }

    private torch.Tensor Index(long[] values) => torch.tensor(values, torch.ScalarType.Int64, tensor.features.device);

    /// <summary>A line such as "1024 voxels of 4096 points, 12 dropped".</summary>
    public override string ToString() => $"{_groups.Rows} voxels of {_sites.Count} points, {dropped} dropped";
}
