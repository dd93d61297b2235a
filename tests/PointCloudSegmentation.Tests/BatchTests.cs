using PointCloudSegmentation.Data;
using PointCloudSegmentation.Model;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

internal sealed class BatchTests
{
    // Voxels of 1 m: three points in one, one in another; the second scan has one point at the place of the first's.
    private static readonly PointCloud First = new(
        [0.1f, 0.1f, 0.1f, 0.9f, 0.5f, 0.5f, 0.2f, 0.7f, 0.3f, -0.5f, 0.5f, 0.5f],
        [0.25f, 0.5f, 0.75f, 1],
        [9, 15, 15, 0]
    );

    private static readonly PointCloud Second = new([0.5f, 0.5f, 0.5f], [0], [1]);

    [Test]
    public void Points_of_one_voxel_share_its_row_and_scans_do_not_mix()
    {
        using var batch = Batch.Voxelize(PointBatch.Join([First, Second], 1), 1);
        var rows = batch.VoxelOfPoint;
        Assert.Multiple(() =>
        {
            Assert.That(batch.Input.count, Is.EqualTo(3));
            Assert.That(batch.Input.batch_size, Is.EqualTo(2));
            Assert.That(rows[1], Is.EqualTo(rows[0]));
            Assert.That(rows[2], Is.EqualTo(rows[0]));
            Assert.That(new[] { rows[0], rows[3], rows[4] }, Is.Unique);
        });
    }

    [Test]
    public void A_voxels_features_are_the_mean_of_its_points()
    {
        using var batch = Batch.Voxelize(PointBatch.Join([First], 1), 1);
        using var row = batch.Input.features[batch.VoxelOfPoint[0]];
        var features = row.data<float>().ToArray();
        Assert.That(features[0], Is.EqualTo(0.5).Within(1e-6), "intensity");
        Assert.That(features[1], Is.EqualTo((0.1 + 0.5 + 0.3) / 3 / 2).Within(1e-6), "height");
        Assert.That(features[2], Is.EqualTo((0.1 + 0.9 + 0.2) / 3 - 0.5).Within(1e-6), "place along x");
    }

    [Test]
    public void A_voxels_label_is_that_of_most_points_and_the_ignored_one_only_alone()
    {
        using var batch = Batch.Voxelize(PointBatch.Join([First], 1), 1);
        var labels = batch.VoxelLabels(classes: 20, ignored: 0);
        Assert.That(labels[batch.VoxelOfPoint[0]], Is.EqualTo(15));
        Assert.That(labels[batch.VoxelOfPoint[3]], Is.Zero);

        var mostlyIgnored = First.WithLabels([0, 0, 4, 0]);
        using var other = Batch.Voxelize(PointBatch.Join([mostlyIgnored], 1), 1);
        Assert.That(other.VoxelLabels(20, 0)[other.VoxelOfPoint[0]], Is.EqualTo(4));
    }

    [Test]
    public void Any_step_of_an_epoch_can_be_made_again()
    {
        var loader = new BatchLoader(Small.Scenes(5), 2, Augmentation.Default, 0.5, seed: 11);
        var whole = loader.Epoch(epoch: 3, firstStep: 0).ToList();
        var rest = loader.Epoch(epoch: 3, firstStep: 1).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(whole, Has.Count.EqualTo(3));
            Assert.That(whole.Sum(batch => batch.Scans), Is.EqualTo(5));
            Assert.That(
                rest.Select(batch => batch.Positions),
                Is.EqualTo(whole.Skip(1).Select(batch => batch.Positions))
            );
        });
    }

    [Test]
    public void Epochs_and_seeds_differ_in_order_and_augmentation()
    {
        var loader = new BatchLoader(Small.Scenes(1), 1, Augmentation.Default, 0.5, seed: 11);
        var other = new BatchLoader(Small.Scenes(1), 1, Augmentation.Default, 0.5, seed: 12);
        var first = loader.Epoch(0, 0).Single().Positions;
        Assert.That(loader.Epoch(1, 0).Single().Positions, Is.Not.EqualTo(first));
        Assert.That(other.Epoch(0, 0).Single().Positions, Is.Not.EqualTo(first));
    }

    [Test]
    public void Every_point_is_predicted_as_its_voxel()
    {
        using var model = new SegmentationModel(Small.Model);
        var cloud = Small.Scenes(1).Load(0);
        var prediction = model.Predict(cloud);
        using var batch = Batch.Voxelize(PointBatch.Join([cloud], 0.5), 0.5);
        Assert.That(prediction, Has.Length.EqualTo(cloud.Count).And.All.InRange(1, 19));
        var byVoxel = prediction.Zip(batch.VoxelOfPoint).Distinct().GroupBy(pair => pair.Second);
        Assert.That(byVoxel.All(voxel => voxel.Count() == 1), Is.True);
    }
}
