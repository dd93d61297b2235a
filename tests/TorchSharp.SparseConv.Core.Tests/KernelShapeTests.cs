namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Taps of shapes, what equals what, and the law over shapes against brute force.</summary>
[TestFixture]
public sealed class KernelShapeTests
{
    private static readonly (string Name, KernelShape Shape, int Dimensions)[] Shapes =
    [
        ("cross", KernelShape.Cross(3), 3),
        ("cross of even size", KernelShape.Cross((4, 2)), 2),
        ("hybrid", KernelShape.Hybrid(3, 0, 1, 2), 4),
        ("one-sided", KernelShape.Offsets(0, -1, -2), 1),
        ("asymmetric", KernelShape.Offsets((0, 3), (-2, 0), (0, 0), (1, -1)), 2),
    ];

    private static IEnumerable<TestCaseData> All =>
        from one in Shapes
        from stride in new[] { 1, 2 }
        select new TestCaseData(one.Shape, one.Dimensions, stride).SetArgDisplayNames($"{one.Name}, stride {stride}");

    [Test]
    public void A_cross_keeps_the_cells_on_its_arms_row_major()
    {
        var geometry = KernelGeometry.Submanifold(2, KernelShape.Cross(3), dilation: 2);
        Assert.That(Offsets(geometry), Is.EqualTo(["(-2, 0)", "(0, -2)", "(0, 0)", "(0, 2)", "(2, 0)"]));
        Assert.That(KernelGeometry.Create(3, KernelShape.Cross(3)).Taps, Is.EqualTo(7));
        Assert.That(KernelGeometry.Create(4, KernelShape.Hybrid(3, 0, 1, 2)).Taps, Is.EqualTo(29));
    }

    [Test]
    public void Offsets_keep_their_order_and_count_from_the_site()
    {
        var geometry = KernelGeometry.Submanifold(2, KernelShape.Offsets((0, 3), (-2, 0), (0, 0)), dilation: 2);
        Assert.That(Offsets(geometry), Is.EqualTo(["(0, 6)", "(-4, 0)", "(0, 0)"]));
        Assert.That(geometry.Size, Is.EqualTo([3, 4]));
        Assert.That(geometry.CoarseShape((5, 6)), Is.EqualTo([5, 6]));
    }

    [Test]
    public void Equal_kernels_are_equal_values()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Of(KernelShape.Cross(3), 1), Is.EqualTo(Of(3, 1)));
            Assert.That(Of(KernelShape.Cross((3, 1, 1)), 3), Is.EqualTo(Of((3, 1, 1), 3)));
            Assert.That(Of(KernelShape.Hybrid(3, 0, 1), 2), Is.EqualTo(Of((3, 3), 2)));
            Assert.That(Of(KernelShape.Hybrid(3, 1), 2), Is.EqualTo(Of(KernelShape.Cross(3), 2)));
            Assert.That(Of(KernelShape.Offsets(0, 1), 2), Is.EqualTo(Of(KernelShape.Offsets((0, 0), (1, 1)), 2)));
            Assert.That(Of(KernelShape.Offsets(0, 1), 1), Is.Not.EqualTo(Of(KernelShape.Offsets(1, 0), 1)));
            Assert.That(Of(KernelShape.Cross(3), 2), Is.Not.EqualTo(Of(3, 2)));
        }
    }

    [TestCaseSource(nameof(All))]
    public void Pairs_are_those_of_the_law_and_the_cache_tells_shapes_apart(
        KernelShape shape,
        int dimensions,
        int stride
    )
    {
        var rows = Cloud.Draw(3, dimensions, dimensions == 1 ? 12 : 60, -4, 4, 2);
        using var manager = new CoordinateManager(dimensions);
        var fine = manager.Insert(rows);
        var geometry = KernelGeometry.Create(dimensions, shape, stride, dilation: 1, padding: shape.IsList ? 0 : 1);
        var coarse = stride == 1 ? fine : manager.Coarsen(fine, geometry, StridedSites.Dilate);
        var rulebook = manager.Rulebook(coarse, fine, geometry);
        Assert.That(manager.Rulebook(coarse, fine, geometry), Is.SameAs(rulebook));
        var box = KernelGeometry.Create(dimensions, geometry.Size, stride, dilation: 1, padding: geometry.Padding);
        Assert.That(manager.Rulebook(coarse, fine, box), Is.Not.SameAs(rulebook));

        var width = dimensions + 1;
        var coarseRows = coarse.Coordinates();
        var fineRow = Enumerable
            .Range(0, rows.Length / width)
            .ToDictionary(
                row => string.Join(",", rows.Skip(row * width).Take(width)),
                row => (long)row,
                StringComparer.Ordinal
            );
        for (var tap = 0; tap < geometry.Taps; tap++)
        {
            var offset = geometry.TapOffset(tap);
            var expected = new List<(long, long)>();
            for (var row = 0; row < coarse.Rows; row++)
            {
                var site = coarseRows.Skip(row * width).Take(width).ToArray();
                for (var axis = 0; axis < dimensions; axis++)
                {
                    site[axis + 1] = (stride * site[axis + 1]) + offset[axis];
                }

                if (fineRow.TryGetValue(string.Join(",", site), out var found))
                {
                    expected.Add((found, row));
                }
            }
            var (fines, coarses) = rulebook.TapPairs(tap);
            Assert.That(fines.Zip(coarses), Is.EqualTo(expected), $"tap {tap} at {offset}");
        }
    }

    [Test]
    public void What_is_wrong_with_a_shape_is_named()
    {
        using (Assert.EnterMultipleScope())
        {
            Refuses(() => KernelShape.Offsets(), "offsets has 0 entries, must have 1 to 1048576.");
            Refuses(() => KernelShape.Offsets(1, 2, 1), "offsets[0] and offsets[2] are both (1), must be distinct.");
            Refuses(() => KernelShape.Offsets((1, 2), 1), "offsets[1] is (1), must have 2 values as offsets[0].");
            Refuses(() => KernelShape.Hybrid(3, 4), "cubeAxes holds 4, must hold 0 to 3.");
            Refuses(
                () => Of(KernelShape.Offsets((1, 2)), 3),
                "size has offsets of 2 values, must have one value or 3."
            );
            Refuses(() => Of(KernelShape.Cross((3, 3)), 3), "size is (3, 3), must have one value or 3.");
            Refuses(() => Of(KernelShape.Cross(0), 3), "size is (0, 0, 0), must be 1 or more on every axis.");
            Refuses(() => Of(KernelShape.Hybrid(3, 3), 2), "must have its box over axes 0 to 1.");
        }
    }

    private static KernelGeometry Of(KernelShape shape, int dimensions) => KernelGeometry.Create(dimensions, shape);

    private static void Refuses(Action make, string message) =>
        Assert.That(make, Throws.InstanceOf<ArgumentException>().With.Message.Contains(message));

    private static string[] Offsets(KernelGeometry geometry) =>
        [.. Enumerable.Range(0, geometry.Taps).Select(tap => geometry.TapOffset(tap).ToString())];
}
