namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class PointAttributeTests
{
    private static readonly float[] TwoPoints = [1, 2, 3, 4, 5, 6];

    [Test]
    public void Intensity_and_labels_are_attributes_of_any_type()
    {
        var cloud = new PointCloud(
            TwoPoints,
            Origin.Zero,
            new PointAttribute("intensity", new ushort[] { 7, 65535 }),
            new PointAttribute("label", new byte[] { 2, 255 })
        );
        Assert.That(cloud.Intensity, Is.EqualTo(new[] { 7f, 65535 }));
        Assert.That(cloud.Labels, Is.EqualTo(new[] { 2, 255 }));
        Assert.That(
            new PointCloud(TwoPoints, [1, 2], [3, 4]).Attributes.Select(a => a.Name),
            Is.EqualTo(new[] { "intensity", "label" })
        );
    }

    [Test]
    public void The_arrays_given_are_the_arrays_kept()
    {
        var intensity = new float[] { 1, 2 };
        var cloud = new PointCloud(TwoPoints, intensity, [3, 4]);
        Assert.That(cloud.Intensity, Is.SameAs(intensity));
        Assert.That(cloud.WithLabels([5, 6]).Intensity, Is.SameAs(intensity));
        Assert.That(cloud.WithLabels([5, 6]).Labels, Is.EqualTo(new[] { 5, 6 }));
        Assert.That(cloud.WithLabels(null).Labels, Is.Null);
    }

    [Test]
    public void A_label_that_is_no_integer_is_told()
    {
        Assert.That(
            () => Labelled(new[] { 1f, 1.5f }),
            Throws.InvalidOperationException.With.Message.Contains("entry 1 is 1.5")
        );
        Assert.That(
            () => Labelled(new[] { 2147483648f, 0 }),
            Throws.InvalidOperationException.With.Message.Contains("entry 0")
        );
        Assert.That(
            () => Labelled(new[] { 0, float.NaN }),
            Throws.InvalidOperationException.With.Message.Contains("entry 1 is NaN")
        );
        Assert.That(
            () => Labelled(new[] { ulong.MaxValue, 0UL }),
            Throws.InvalidOperationException.With.Message.Contains("entry 0")
        );
        Assert.That(Labelled(new[] { -2147483648f, -0f }), Is.EqualTo(new[] { int.MinValue, 0 }));

        static int[]? Labelled(Array values) =>
            new PointCloud(TwoPoints, Origin.Zero, new PointAttribute("label", values)).Labels;
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(() => new PointAttribute("a b", new int[2]), Throws.ArgumentException);
            Assert.That(
                () => new PointAttribute("a", new int[2], 3),
                Throws.ArgumentException.With.Message.Contains("3 components")
            );
            Assert.That(
                () => new PointAttribute("a", new bool[2]),
                Throws.ArgumentException.With.Message.Contains("Boolean")
            );
            Assert.That(
                () => new PointAttribute("a", new DayOfWeek[2]),
                Throws.ArgumentException.With.Message.Contains("DayOfWeek")
            );
            Assert.That(
                () => new PointCloud(TwoPoints, Origin.Zero, new PointAttribute("a", new int[3])),
                Throws.ArgumentException.With.Message.Contains("a has 3")
            );
            Assert.That(
                () =>
                    new PointCloud(
                        TwoPoints,
                        Origin.Zero,
                        new PointAttribute("a", new int[2]),
                        new PointAttribute("a", new int[2])
                    ),
                Throws.ArgumentException.With.Message.Contains("a occurs twice")
            );
            Assert.That(() => new PointCloud(TwoPoints, new Origin(0, double.NaN, 0)), Throws.ArgumentException);
        });

    [Test]
    public void Bytes_keep_their_sign()
    {
        Assert.That(new NumberArray(new byte[] { 200 }, 1).Type, Is.EqualTo(NumberType.UInt8));
        Assert.That(new NumberArray(new sbyte[] { -56 }, 1).Type, Is.EqualTo(NumberType.Int8));
        Assert.That(() => new NumberArray(new byte[] { 200 }, 1).As<sbyte>(), Throws.InvalidOperationException);
        Assert.That(new NumberArray(new sbyte[] { -56 }, 1).ToSingle(), Is.EqualTo(new[] { -56f }));
    }

    [Test]
    public void Shapes_must_hold_the_values()
    {
        Assert.That(
            () => new NumberArray(new byte[6], 2, 4),
            Throws.ArgumentException.With.Message.Contains("(2, 4) has 8")
        );
        Assert.That(
            () => new NumberArray(new byte[6], -2, -3),
            Throws.ArgumentException.With.Message.Contains("negative")
        );
        Assert.That(
            () => new NumberArray(new byte[1], int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue),
            Throws.ArgumentException
        );
        Assert.That(new NumberArray(new byte[1]).Count, Is.EqualTo(1));
        Assert.That(() => new NumberArray(new byte[2, 3], 2, 3), Throws.ArgumentException);
    }

    [Test]
    public void Selected_points_keep_all_they_have()
    {
        var cloud = new PointCloud(
            [1, 2, 3, float.NaN, 5, 6, 7, 8, 9],
            new Origin(100, 200, 300),
            new PointAttribute("color", new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 3),
            new PointAttribute("time", new double[] { 10, 20, 30 })
        );
        var chosen = cloud.Select([2, 0, 2]);
        Assert.That(chosen.Positions, Is.EqualTo(new float[] { 7, 8, 9, 1, 2, 3, 7, 8, 9 }));
        Assert.That(chosen.Find("color")!.Values.As<byte>(), Is.EqualTo(new byte[] { 7, 8, 9, 1, 2, 3, 7, 8, 9 }));
        Assert.That(chosen.Find("time")!.Values.As<double>(), Is.EqualTo(new double[] { 30, 10, 30 }));
        Assert.That(chosen.Origin, Is.EqualTo(cloud.Origin));
        Assert.That(cloud.FinitePoints().Positions, Is.EqualTo(new float[] { 1, 2, 3, 7, 8, 9 }));
        Assert.That(chosen.FinitePoints(), Is.SameAs(chosen));
        Assert.That(() => cloud.Select([3]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void An_attribute_is_replaced_in_its_place()
    {
        var cloud = new PointCloud(
            TwoPoints,
            Origin.Zero,
            new PointAttribute("a", new int[2]),
            new PointAttribute("b", new int[2])
        );
        var changed = cloud.With(new PointAttribute("a", new float[4], 2)).With(new PointAttribute("c", new int[2]));
        Assert.That(
            changed.Attributes.Select(a => a.ToString()),
            Is.EqualTo(new[] { "a Float32 (2, 2)", "b Int32 (2)", "c Int32 (2)" })
        );
        Assert.That(changed.Without("a").Attributes, Has.Count.EqualTo(2));
    }

    [Test]
    public void Normals_turn_with_the_positions()
    {
        var points = new float[] { 1, 2, 3, -4, 5, -6 };
        var cloud = new PointCloud(
            points,
            Origin.Zero,
            new PointAttribute("normal", points.ToArray(), 3),
            new PointAttribute("tag", new byte[] { 1, 2 })
        );
        var turned = (Augmentation.Default with { MinScale = 1, MaxScale = 1, Jitter = 0 }).Apply(cloud, new Random(3));
        Assert.That(turned.Find("normal")!.Values.ToSingle(), Is.EqualTo(turned.Positions).And.Not.EqualTo(points));
        Assert.That(turned.Find("tag")!.Values.As<byte>(), Is.EqualTo(new byte[] { 1, 2 }));
    }
}
