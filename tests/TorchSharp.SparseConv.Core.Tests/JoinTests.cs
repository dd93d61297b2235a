namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Levels that are made of other levels of one stride, and what a level remembers of its making.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class JoinTests(Backend backend)
{
    private CoordinateManager _manager = null!;

    [SetUp]
    public void MakeManager() => _manager = backend.Manager(1);

    [TearDown]
    public void DisposeManager() => _manager.Dispose();

    [Test]
    public void A_selection_has_its_rows_in_the_order_given_and_its_source_as_history()
    {
        var level = _manager.Insert([0, 5, 1, 0, 0, -3], stride: 2);
        var chosen = _manager.Select(level, [2, 0]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(chosen.Coordinates(), Is.EqualTo(new[] { 0, -3, 0, 5 }));
            Assert.That(chosen.Stride, Is.EqualTo(level.Stride));
            Assert.That(chosen.Source, Is.SameAs(level));
            Assert.That(_manager.Select(level, []).Rows, Is.Zero);
            Assert.That(chosen.BatchIndices().ToArray(), Is.EqualTo(new[] { 0, 0 }));
        }
        Refused.With(() => _manager.Select(level, [3]), "rows", "rows has 3 at position 0, must be 0 to 2");
        Refused.With(() => _manager.Select(level, [1, 1]), "rows", "(1, 0)");
    }

    [Test]
    public void Joins_are_those_of_sets_and_made_once()
    {
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            var first = Some(random);
            var second = Some(random);
            var (one, other) = (_manager.Insert(Rows(first)), _manager.Insert(Rows(second)));
            var (union, intersection) = (_manager.Union(one, other), _manager.Intersection(one, other));
            using (Assert.EnterMultipleScope())
            {
                Assert.That(Places(union), Is.EquivalentTo(first.Union(second)));
                Assert.That(Places(intersection), Is.EquivalentTo(first.Intersect(second)));
                Assert.That(_manager.Union(one, other), Is.SameAs(union));
                Assert.That(_manager.Intersection(one, other), Is.SameAs(intersection));
                Assert.That(_manager.Union(one, intersection), Is.SameAs(one));
                Assert.That(_manager.Intersection(union, other), Is.SameAs(other));
            }
        }
    }

    [Test]
    public void Shapes_and_strides_of_joined_levels()
    {
        var one = _manager.Insert([0, 1], spatialShape: 4);
        var other = _manager.Insert([0, 6], spatialShape: 9);
        var boundless = _manager.Insert([0, 7]);
        Assert.That(_manager.Union(one, other).SpatialShape, Is.EqualTo(new PerAxis(9)));
        Assert.That(_manager.Union(one, boundless).SpatialShape, Is.Null);
        Refused.With(
            () => _manager.Union(one, _manager.Insert([0, 1], stride: 2)),
            "second",
            "second has stride (2), must have the (1)"
        );
    }

    [Test]
    public void The_rulebook_of_what_made_a_level_is_found_by_size()
    {
        var fine = _manager.Insert([0, 0, 0, 5]);
        var geometry = KernelGeometry.Create(1, size: 3, stride: 2, padding: 1);
        var coarse = _manager.Coarsen(fine, geometry, StridedSites.Dilate);
        var rulebook = _manager.Rulebook(coarse, fine, geometry);
        Assert.That(_manager.InverseRulebook(coarse, 3), Is.SameAs(rulebook));
        Assert.That(_manager.InverseRulebook(_manager.Select(coarse, [1]), 3).Geometry, Is.EqualTo(geometry));
        Assert.That(
            () => _manager.InverseRulebook(coarse, 2),
            Throws.InvalidOperationException.With.Message.Contains("which was made with kernel (3), stride (2)")
        );
    }

    [Test]
    public void The_rulebook_of_what_made_a_level_is_found_by_shape()
    {
        var fine = _manager.Insert([0, 0, 0, 5]);
        var offsets = KernelGeometry.Create(1, KernelShape.Offsets(-1, 0, 1), stride: 2);
        var box = KernelGeometry.Create(1, size: 3, stride: 2, padding: 1);
        var coarse = _manager.Coarsen(fine, offsets, StridedSites.Downsample);
        Assert.That(_manager.Coarsen(fine, box, StridedSites.Downsample), Is.SameAs(coarse));
        Assert.That(_manager.InverseRulebook(coarse, KernelShape.Offsets(-1, 0, 1)).Geometry, Is.EqualTo(offsets));
        Assert.That(_manager.InverseRulebook(coarse, 3).Geometry, Is.EqualTo(box));
        Assert.That(
            () => _manager.InverseRulebook(coarse, KernelShape.Offsets(1, 0, -1)),
            Throws.InvalidOperationException.With.Message.Contains("kernel 3 offsets within (3), stride (2)")
        );
    }

    [Test]
    public void A_level_that_a_layer_left_as_it_was_is_its_own_inverse()
    {
        var level = _manager.Insert([0, 0, 0, 5]);
        Assert.That(() => _manager.InverseRulebook(level, 1), Throws.InvalidOperationException);
        var pointwise = KernelGeometry.Create(1, size: 1);
        Assert.That(_manager.Coarsen(level, pointwise, StridedSites.Dilate), Is.SameAs(level));
        var some = _manager.Select(level, [1]);
        Assert.That(_manager.InverseRulebook(level, 1), Is.SameAs(_manager.Rulebook(level, level, pointwise)));
        Assert.That(_manager.InverseRulebook(some, 1), Is.SameAs(_manager.Rulebook(some, level, pointwise)));

        // The nearest level that such a layer left is the one.
        _manager.Coarsen(some, pointwise, StridedSites.Dilate);
        Assert.That(_manager.InverseRulebook(some, 1), Is.SameAs(_manager.Rulebook(some, some, pointwise)));
    }

    private static HashSet<int> Some(Random random) => [.. Enumerable.Range(-10, 20).Where(_ => random.Next(3) > 0)];

    private static int[] Rows(IEnumerable<int> places) => [.. places.SelectMany(place => new[] { 0, place })];

    private static IEnumerable<int> Places(CoordinateMap map) => map.Coordinates().Where((_, i) => i % 2 == 1);
}
