namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class AugmentationTests
{
    private static readonly PointCloud Cloud = new([3, 4, 1, -2, 0, 5], [0.5f, 1], [1, 2]);

    [Test]
    public void None_changes_nothing() =>
        Assert.That(Augmentation.None.Apply(Cloud, new Random(1)).Positions, Is.EqualTo(Cloud.Positions));

    [Test]
    public void The_same_seed_gives_the_same_copy_and_another_seed_another()
    {
        var first = Augmentation.Default.Apply(Cloud, new Random(1));
        Assert.That(Augmentation.Default.Apply(Cloud, new Random(1)).Positions, Is.EqualTo(first.Positions));
        Assert.That(Augmentation.Default.Apply(Cloud, new Random(2)).Positions, Is.Not.EqualTo(first.Positions));
    }

    [Test]
    public void Rotation_keeps_height_and_distance_and_turns()
    {
        var turned = (Augmentation.None with { MaxRotation = 3 }).Apply(Cloud, new Random(1)).Positions;
        Assert.Multiple(() =>
        {
            Assert.That(turned[2], Is.EqualTo(1));
            Assert.That(MathF.Sqrt(turned[0] * turned[0] + turned[1] * turned[1]), Is.EqualTo(5).Within(1e-5));
            Assert.That(turned[0], Is.Not.EqualTo(3).Within(1e-3));
        });
    }

    [Test]
    public void A_certain_flip_mirrors_y_alone() =>
        Assert.That(
            (Augmentation.None with { FlipProbability = 1 }).Apply(Cloud, new Random(1)).Positions,
            Is.EqualTo(new float[] { 3, -4, 1, -2, 0, 5 })
        );

    [Test]
    public void Scale_and_jitter_stay_within_their_bounds()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var scaled = (Augmentation.None with { MinScale = 0.9f, MaxScale = 1.1f }).Apply(Cloud, new Random(seed));
            var jittered = (Augmentation.None with { Jitter = 0.01f }).Apply(Cloud, new Random(seed));
            Assert.That(scaled.Positions[0] / 3, Is.InRange(0.9, 1.1001));
            Assert.That(jittered.Positions[0] - 3, Is.InRange(-0.0301, 0.0301));
        }
    }

    [Test]
    public void Attributes_come_along_and_the_source_stays_as_it_was()
    {
        var before = Cloud.Positions.ToArray();
        var copy = Augmentation.Default.Apply(Cloud, new Random(1));
        Assert.Multiple(() =>
        {
            Assert.That(copy.Labels, Is.SameAs(Cloud.Labels));
            Assert.That(copy.Intensity, Is.SameAs(Cloud.Intensity));
            Assert.That(Cloud.Positions, Is.EqualTo(before));
        });
    }
}
