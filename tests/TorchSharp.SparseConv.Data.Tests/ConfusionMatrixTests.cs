namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class ConfusionMatrixTests
{
    // By hand: class 1 has 3 points, 2 found; class 2 has 2 points, 2 found and 1 more claimed; class 3 is absent.
    [Test]
    public void Matrices_add_up()
    {
        var (one, other) = (new ConfusionMatrix(3, 0), new ConfusionMatrix(3, 0));
        one.Add([1, 2, 2], [1, 1, 2]);
        other.Add([2, 0], [2, 1]);
        one.Add(other);
        Assert.That((one[1, 1], one[2, 1], one[2, 2], one.Total), Is.EqualTo((1L, 1L, 2L, 4L)));
        Assert.That(
            () => one.Add(new ConfusionMatrix(2, 0)),
            Throws.ArgumentException.With.Message.Contains("2 classes")
        );
    }

    [Test]
    public void Measures_agree_with_those_by_hand()
    {
        var matrix = new ConfusionMatrix(4, ignoreLabel: 0);
        matrix.Add([1, 1, 1, 2, 2, 0, 0], [1, 1, 2, 2, 2, 1, 3]);
        Assert.Multiple(() =>
        {
            Assert.That(matrix.Total, Is.EqualTo(5));
            Assert.That(matrix.IoU(1), Is.EqualTo(2.0 / 3).Within(1e-12));
            Assert.That(matrix.IoU(2), Is.EqualTo(2.0 / 3).Within(1e-12));
            Assert.That(matrix.IoU(3), Is.NaN);
            Assert.That(matrix.MeanIoU, Is.EqualTo(2.0 / 3).Within(1e-12));
            Assert.That(matrix.Accuracy, Is.EqualTo(0.8).Within(1e-12));
        });
    }

    [Test]
    public void A_class_that_is_only_predicted_scores_zero_and_is_not_in_the_mean()
    {
        var matrix = new ConfusionMatrix(3);
        matrix.Add([0, 0, 0, 0], [0, 0, 0, 2]);
        Assert.Multiple(() =>
        {
            Assert.That(matrix.IoU(2), Is.Zero);
            Assert.That(matrix.MeanIoU, Is.EqualTo(0.75).Within(1e-12));
        });
    }

    [Test]
    public void Nothing_counted_has_no_measures()
    {
        var matrix = new ConfusionMatrix(3, ignoreLabel: 0);
        matrix.Add([0], [2]);
        Assert.Multiple(() =>
        {
            Assert.That(matrix.MeanIoU, Is.NaN);
            Assert.That(matrix.Accuracy, Is.NaN);
        });
    }

    [Test]
    public void Bad_labels_are_refused_before_anything_is_counted()
    {
        var matrix = new ConfusionMatrix(3, ignoreLabel: 0);
        Assert.That(() => matrix.Add([1, 1], [1]), Throws.ArgumentException.With.Message.Contains("point by point"));
        Assert.That(() => matrix.Add([1, 3], [1, 1]), Throws.ArgumentException.With.Message.Contains("truth[1] is 3"));
        Assert.That(
            () => matrix.Add([1, 1], [1, -1]),
            Throws.ArgumentException.With.Message.Contains("prediction[1] is -1")
        );
        Assert.That(matrix.Total, Is.Zero);
    }

    [Test]
    public void Counts_from_elsewhere_add_up()
    {
        var matrix = new ConfusionMatrix(3, ignoreLabel: 0);
        matrix.Add([1, 2], [1, 1]);
        matrix.Add(2, 1, 4);
        matrix.Add(0, 1, 7);
        Assert.Multiple(() =>
        {
            Assert.That(matrix[2, 1], Is.EqualTo(5));
            Assert.That(matrix.Total, Is.EqualTo(6), "the ignored class is not counted");
            Assert.That(() => matrix.Add(3, 0, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => matrix.Add(0, -1, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => matrix.Add(1, 1, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(matrix.Total, Is.EqualTo(6));
        });
    }
}
