namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class PointCloudTests
{
    [Test]
    public void Lengths_that_do_not_belong_together_are_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new PointCloud([1, 2]),
                Throws.ArgumentException.With.Message.Contains("positions has 2")
            );
            Assert.That(
                () => new PointCloud([1, 2, 3], [1, 2]),
                Throws.ArgumentException.With.Message.Contains("intensity has 2")
            );
            Assert.That(
                () => new PointCloud([1, 2, 3], null, []),
                Throws.ArgumentException.With.Message.Contains("labels has 0")
            );
        });
}
