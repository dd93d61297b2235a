namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class KernelGeometryTests
{
    [Test]
    public void Defaults_are_stride_1_dilation_1_and_no_padding()
    {
        var geometry = KernelGeometry.Create(3, (1, 2, 3));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(geometry.Dimensions, Is.EqualTo(3));
            Assert.That(geometry.Taps, Is.EqualTo(6));
            Assert.That(geometry.Stride, Is.EqualTo([1, 1, 1]));
            Assert.That(geometry.Dilation, Is.EqualTo([1, 1, 1]));
            Assert.That(geometry.Padding, Is.EqualTo([0, 0, 0]));
            Assert.That(geometry, Is.EqualTo(KernelGeometry.Create(3, (1, 2, 3), stride: 1)));
            Assert.That(geometry, Is.Not.EqualTo(KernelGeometry.Create(3, (1, 2, 3), stride: 2)));
        }
    }

    [Test]
    public void Taps_are_row_major_with_the_last_axis_fastest()
    {
        var geometry = KernelGeometry.Create(3, (2, 2, 3), dilation: (1, 1, 2), padding: (0, 1, 2));
        var expected = new[] { "(0, -1, -2)", "(0, -1, 0)", "(0, -1, 2)", "(0, 0, -2)" };
        Assert.That(Enumerable.Range(0, 4).Select(tap => geometry.TapOffset(tap).ToString()), Is.EqualTo(expected));
        Assert.That(geometry.TapOffset(11).ToString(), Is.EqualTo("(1, 0, 2)"));
        Assert.That(() => geometry.TapOffset(12), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(1, 1, 0)]
    [TestCase(2, 1, 0)]
    [TestCase(3, 1, 1)]
    [TestCase(4, 1, 1)]
    [TestCase(5, 1, 2)]
    [TestCase(3, 2, 2)]
    [TestCase(2, 3, 1)]
    public void Submanifold_padding_centres_the_kernel(int size, int dilation, int padding) =>
        Assert.That(KernelGeometry.Submanifold(2, size, dilation).Padding, Is.EqualTo([padding, padding]));

    // Shapes that torch.nn.functional.conv1d and conv_transpose1d give.
    [TestCase(9, 3, 2, 1, 1, 5)]
    [TestCase(8, 3, 2, 1, 1, 4)]
    [TestCase(9, 2, 2, 1, 0, 4)]
    [TestCase(9, 3, 3, 2, 2, 3)]
    [TestCase(5, 5, 1, 1, 0, 1)]
    public void Coarse_shape_is_the_dense_one(int fine, int size, int stride, int dilation, int padding, int coarse) =>
        Assert.That(KernelGeometry.Create(1, size, stride, dilation, padding).CoarseShape(fine), Is.EqualTo([coarse]));

    [TestCase(5, 3, 2, 1, 1, 0, 9)]
    [TestCase(5, 3, 2, 1, 1, 1, 10)]
    [TestCase(4, 2, 2, 1, 0, 0, 8)]
    [TestCase(3, 3, 3, 2, 2, 0, 7)]
    public void Fine_shape_is_the_dense_one(
        int coarse,
        int size,
        int stride,
        int dilation,
        int padding,
        int outputPadding,
        int fine
    )
    {
        var geometry = KernelGeometry.Create(1, size, stride, dilation, padding);
        Assert.That(geometry.FineShape(coarse, outputPadding), Is.EqualTo([fine]));
    }

    [Test]
    public void Bad_arguments_are_named_with_their_values()
    {
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => KernelGeometry.Create(0, 3), "dimensions", "dimensions is 0, must be 1 to 4");
            Refused.With(() => KernelGeometry.Create(5, 3), "dimensions", "dimensions is 5, must be 1 to 4");
            Refused.With(() => KernelGeometry.Create(3, (3, 0, 3)), "size", "size is (3, 0, 3), must be 1 or more");
            Refused.With(() => KernelGeometry.Create(3, (3, 3)), "size", "size is (3, 3), must have one value or 3");
            Refused.With(() => KernelGeometry.Create(3, default), "size", "must have one value or 3");
            Refused.With(
                () => KernelGeometry.Create(3, 3, stride: 0),
                "stride",
                "stride is (0, 0, 0), must be 1 or more"
            );
            Refused.With(() => KernelGeometry.Create(3, 3, dilation: -1), "dilation", "dilation is (-1, -1, -1)");
            Refused.With(
                () => KernelGeometry.Create(3, 3, padding: -1),
                "padding",
                "padding is (-1, -1, -1), must be 0 or more"
            );
            Refused.With(() => KernelGeometry.Create(4, 1000), "size", "must have at most 2147483647 taps");
            Refused.With(
                () => KernelGeometry.Create(1, 3, dilation: int.MaxValue),
                "dilation",
                "must span at most 2147483647"
            );
            Refused.With(() => KernelGeometry.Create(2, 5).CoarseShape((9, 4)), "fineShape", "axis 1");
            Refused.With(() => KernelGeometry.Create(1, 3, 2).CoarseShape(0), "fineShape", "must be 1 or more");
            Refused.With(
                () => KernelGeometry.Create(1, 2, 2).FineShape(3, 2),
                "outputPadding",
                "must be below the stride"
            );
            Refused.With(() => KernelGeometry.Create(1, 2, 2).FineShape(3, -1), "outputPadding", "must be 0 or more");
            Refused.With(() => KernelGeometry.Create(1, 1, 1, 1, 3).FineShape(3), "coarseShape", "must be 1 or more");
            Refused.With(() => KernelGeometry.Create(1, 1, 4).FineShape(int.MaxValue), "coarseShape", "beyond 32 bits");
            Refused.With(() => default(KernelGeometry).CoarseShape(3), "KernelGeometry", "is empty");
        }
    }
}
