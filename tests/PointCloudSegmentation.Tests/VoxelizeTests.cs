using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

internal sealed class VoxelizeTests
{
    // Voxels of 1 m: three points in one, one in another; the second scan has one point at the place of the first's.
    private static readonly PointCloud First = new(
        [0.1f, 0.1f, 0.1f, 0.9f, 0.5f, 0.5f, 0.2f, 0.7f, 0.3f, -0.5f, 0.5f, 0.5f],
        [0.25f, 0.5f, 0.75f, 1],
        [9, 15, 15, 0]
    );

    private static readonly ModelConfig Metre = (Small.Model with { VoxelSize = 1 }).Config();

    private static readonly PointCloud Second = new([0.5f, 0.5f, 0.5f], [0], [1]);

    [Test]
    public void Points_of_one_voxel_share_its_row_and_scans_do_not_mix()
    {
        using var voxels = Trainer.Voxelize([First, Second], Metre);
        var rows = Rows(voxels);
        Assert.Multiple(() =>
        {
            Assert.That(voxels.tensor.count, Is.EqualTo(3));
            Assert.That(voxels.tensor.batch_size, Is.EqualTo(2));
            Assert.That(rows[1], Is.EqualTo(rows[0]));
            Assert.That(rows[2], Is.EqualTo(rows[0]));
            Assert.That(new[] { rows[0], rows[3], rows[4] }, Is.Unique);
        });
    }

    [Test]
    public void A_voxels_features_are_the_mean_of_its_points()
    {
        using var voxels = Trainer.Voxelize([First], Metre);
        using var row = voxels.tensor.features[Rows(voxels)[0]];
        var features = row.data<float>().ToArray();
        Assert.That(features[0], Is.EqualTo(0.5).Within(1e-6), "intensity");
        Assert.That(features[1], Is.EqualTo((0.1 + 0.5 + 0.3) / 3 / 2).Within(1e-6), "height");
        Assert.That(features[2], Is.EqualTo((0.1 + 0.9 + 0.2) / 3 - 0.5).Within(1e-6), "place along x");
    }

    [Test]
    public void A_voxels_label_is_that_of_most_points_and_the_ignored_one_only_alone()
    {
        using var voxels = Trainer.Voxelize([First], Metre);
        var labels = voxels.labels!.data<long>().ToArray();
        Assert.That(labels[Rows(voxels)[0]], Is.EqualTo(15));
        Assert.That(labels[Rows(voxels)[3]], Is.Zero);

        using var other = Trainer.Voxelize([First.WithLabels([0, 0, 4, 0])], Metre);
        Assert.That(other.labels!.data<long>()[Rows(other)[0]], Is.EqualTo(4));
    }

    [Test]
    public void Every_point_is_predicted_as_its_voxel()
    {
        using var model = new SegmentationModel(Small.Model.Config());
        var cloud = Small.Scenes(1).Load(0);
        var prediction = model.Predict(cloud);
        using var voxels = Trainer.Voxelize([cloud], model.Config);
        Assert.That(prediction, Has.Length.EqualTo(cloud.Count).And.All.InRange(1, 19));
        var byVoxel = prediction.Zip(Rows(voxels)).Distinct().GroupBy(pair => pair.Second);
        Assert.That(byVoxel.All(voxel => voxel.Count() == 1), Is.True);
    }

    private static long[] Rows(Voxelization voxels) => voxels.voxel_of_point.data<long>().ToArray();
}
