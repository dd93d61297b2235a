namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class CoordinateManagerTests
{
    [Test]
    public void The_same_level_and_rulebook_are_given_again()
    {
        using var manager = new CoordinateManager(3);
        var fine = manager.Insert(Cloud.Draw(1, 3, 80, -5, 5));
        var geometry = KernelGeometry.Create(3, 3, 2, padding: 1);
        var coarse = manager.Coarsen(fine, geometry, StridedSites.Dilate);
        var rulebook = manager.Rulebook(coarse, fine, geometry);
        var generated = manager.Refine(coarse, geometry, TransposedSites.Generate);
        var live = LiveObjects.Settled();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(manager.Coarsen(fine, geometry, StridedSites.Dilate), Is.SameAs(coarse));
            Assert.That(manager.Rulebook(coarse, fine, geometry), Is.SameAs(rulebook));
            Assert.That(manager.Refine(coarse, geometry, TransposedSites.Generate), Is.SameAs(generated));
            Assert.That(manager.Coarsen(fine, geometry, StridedSites.Downsample), Is.Not.SameAs(coarse));
            Assert.That(manager.Rulebook(fine, fine, KernelGeometry.Submanifold(3, 3)), Is.Not.SameAs(rulebook));
            Assert.That(manager.Maps, Has.Count.EqualTo(4));
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 2), "the two new ones");
        }
    }

    [Test]
    public void Bytes_are_the_sum_over_maps_and_rulebooks()
    {
        using var manager = new CoordinateManager(3);
        Assert.That(manager.Bytes, Is.Zero);
        var map = manager.Insert(Cloud.Draw(1, 3, 80, -5, 5));
        Assert.That(manager.Bytes, Is.EqualTo(map.Bytes).And.GreaterThan(80 * 4 * 4));
        var rulebook = manager.Rulebook(map, map, KernelGeometry.Submanifold(3, 3));
        Assert.That(manager.Bytes, Is.EqualTo(map.Bytes + rulebook.Bytes).And.GreaterThan(map.Bytes));
    }

    [Test]
    public void Two_threads_that_ask_for_the_same_thing_get_one()
    {
        using var manager = new CoordinateManager(3);
        var fine = manager.Insert(Cloud.Draw(1, 3, 3000, -12, 12));
        var down = KernelGeometry.Create(3, 2, 2);
        var same = KernelGeometry.Submanifold(3, 3);
        var live = LiveObjects.Settled();
        var results = new (CoordinateMap Coarse, Rulebook Down, Rulebook Same)[8];
        OnThreads(
            results.Length,
            index =>
            {
                var coarse = manager.Coarsen(fine, down, StridedSites.Dilate);
                results[index] = (coarse, manager.Rulebook(coarse, fine, down), manager.Rulebook(fine, fine, same));
            }
        );
        Assert.That(results, Has.All.EqualTo(results[0]));
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 3));
    }

    [Test]
    public void Managers_on_several_threads_do_not_disturb_one_another()
    {
        var one = Cases.Named("3d_dilate_3_stride_2");
        using var scene = new Scene(one);
        var expected = new Problem<double>(scene, ConvolutionDirection.FineToCoarse).Forward().Data;
        var results = new double[8][];
        OnThreads(
            results.Length,
            index =>
            {
                for (var round = 0; round < 5; round++)
                {
                    using var own = new Scene(one);
                    results[index] = new Problem<double>(own, ConvolutionDirection.FineToCoarse).Forward().Data;
                }
            }
        );
        Assert.That(results, Has.All.EqualTo(expected));
    }

    private static void OnThreads(int count, Action<int> work)
    {
        var failures = new Exception?[count];
        var threads = Enumerable
            .Range(0, count)
            .Select(index => new Thread(() =>
            {
                try
                {
                    work(index);
                }
                catch (Exception failure)
                {
                    failures[index] = failure;
                }
            }))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.That(failures, Has.All.Null);
    }
}
