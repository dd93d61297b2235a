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
        var chosen = Select(level, 0, -3, 0, 5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(chosen.Coordinates(), Is.EqualTo(new[] { 0, -3, 0, 5 }));
            Assert.That(chosen.Stride, Is.EqualTo(level.Stride));
            Assert.That(chosen.Source, Is.SameAs(level));
            Assert.That(Select(level).Rows, Is.Zero);
            Assert.That(chosen.BatchIndices().ToArray(), Is.EqualTo(new[] { 0, 0 }));
        }
        Refused.With(() => Select(level, 1, 0, 1, 0), "voxels", "(1, 0)");
    }

    [Test]
    public void The_rulebook_of_what_made_a_level_is_found_by_size()
    {
        var fine = _manager.Insert([0, 0, 0, 5]);
        var geometry = KernelGeometry.Create(1, size: 3, stride: 2, padding: 1);
        var coarse = _manager.Coarsen(fine, geometry, StridedSites.Dilate);
        var rulebook = _manager.Rulebook(coarse, fine, geometry);
        Assert.That(_manager.InverseRulebook(coarse, 3), Is.SameAs(rulebook));
        Assert.That(
            _manager.InverseRulebook(Select(coarse, coarse.Coordinates()[2..]), 3).Geometry,
            Is.EqualTo(geometry)
        );
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
        var some = Select(level, 0, 5);
        Assert.That(_manager.InverseRulebook(level, 1), Is.SameAs(_manager.Rulebook(level, level, pointwise)));
        Assert.That(_manager.InverseRulebook(some, 1), Is.SameAs(_manager.Rulebook(some, level, pointwise)));

        // The nearest level that such a layer left is the one.
        _manager.Coarsen(some, pointwise, StridedSites.Dilate);
        Assert.That(_manager.InverseRulebook(some, 1), Is.SameAs(_manager.Rulebook(some, some, pointwise)));
    }

    private CoordinateMap Select(CoordinateMap map, params int[] voxels)
    {
        var given = new DeviceArray<int>(backend, voxels);
        var level = _manager.Select(map, given.View);
        GC.KeepAlive(given);
        return level;
    }
}
