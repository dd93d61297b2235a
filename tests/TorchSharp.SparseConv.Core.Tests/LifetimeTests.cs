using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Native objects come and go with their manager.</summary>
[TestFixture]
public sealed class LifetimeTests
{
    [Test]
    public void Disposing_a_manager_frees_all_it_made_at_once()
    {
        var live = LiveObjects.Settled();
        var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"));
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 3));
        scene.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));
            Assert.That(scene.Manager.Bytes, Is.Zero);
            Assert.That(scene.Manager.Maps, Is.Empty);
            Assert.That(scene.Dispose, Throws.Nothing, "again");
        }
    }

    [Test]
    public void Without_disposal_the_garbage_collector_frees_them()
    {
        var live = LiveObjects.Settled();
        Abandon();
        for (var attempt = 0; attempt < 20 && SparseConvRuntime.LiveObjects > live; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Abandon() => _ = new Scene(Cases.Named("3d_dilate_3_stride_2"));
    }

    [Test]
    public void Steps_hold_their_memory()
    {
        var live = LiveObjects.Settled();
        for (var step = 0; step < 50; step++)
        {
            using var scene = new Scene(Cases.Named("3d_tiling_2"));
            _ = new Problem<float>(scene, ConvolutionDirection.FineToCoarse).Forward();
        }
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));
    }

    [Test]
    public void Use_after_disposal_is_an_exception_that_says_so()
    {
        var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"));
        var problem = new Problem<float>(scene, ConvolutionDirection.FineToCoarse);
        scene.Dispose();
        var manager = scene.Manager;
        Action[] uses =
        [
            () => manager.Insert([0, 1, 2, 3]),
            () => manager.InsertMerged([0, 1, 2, 3], new long[1]),
            () => manager.Coarsen(scene.Fine, scene.Geometry, StridedSites.Dilate),
            () => manager.Refine(scene.Coarse, scene.Geometry, TransposedSites.Cached),
            () => manager.Refine(scene.Coarse, scene.Geometry, TransposedSites.Generate),
            () => manager.Rulebook(scene.Coarse, scene.Fine, scene.Geometry),
            () => scene.Fine.Coordinates(),
            () => scene.Fine.Find(new ArrayView<int>(0, 0), new ArrayView<long>(0, 0)),
            () => scene.Rulebook.Counts(),
            () => scene.Rulebook.TapPairs(0),
            () => problem.Forward(),
            () => problem.BackwardInput(),
            () => problem.BackwardWeight(),
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (var use in uses)
            {
                Assert.That(Assert.Throws<ObjectDisposedException>(use)?.Message, Does.Contain("has been disposed"));
            }

            Assert.That(scene.Fine.Rows, Is.EqualTo(80), "what is known without the engine stays known");
        }
    }

    [Test]
    public void A_rulebook_in_use_outlives_the_disposal_of_its_manager()
    {
        var one = Cases.Named("3d_wide_64_to_48");
        var expected = Expected(one);
        var live = LiveObjects.Settled();
        var running = 0;
        for (var round = 0; round < 20; round++)
        {
            var scene = new Scene(one);
            var problem = new Problem<float>(scene, ConvolutionDirection.FineToCoarse);
            using var started = new ManualResetEventSlim();
            var user = Task.Run(() =>
            {
                var results = 0;
                try
                {
                    for (; ; results++)
                    {
                        Assert.That(problem.Forward().Data, Is.EqualTo(expected));
                        started.Set();
                    }
                }
                catch (ObjectDisposedException)
                {
                    return results;
                }
            });
            Assert.That(started.Wait(TimeSpan.FromSeconds(30)), Is.True, "the first result came");
            scene.Dispose();
            running += user.GetAwaiter().GetResult();
        }
        Assert.That(running, Is.GreaterThanOrEqualTo(20));
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));

        static float[] Expected(Case one)
        {
            using var scene = new Scene(one);
            return new Problem<float>(scene, ConvolutionDirection.FineToCoarse).Forward().Data;
        }
    }
}
