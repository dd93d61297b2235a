using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Levels and rulebooks are made once, whoever asks for them, and go with the tensors that share them.</summary>
[TestFixture]
[NonParallelizable]
public sealed class ReuseTests
{
    /// <summary>
    /// Of MinkUNet18: five levels; the stem's kernel of 5; a kernel of 3 and, where channels change, of 1 at each of the
    /// five; and the four between levels, which the way up shares with the way down.
    /// </summary>
    private const int Levels = 5;
    private const int Rulebooks = 1 + 5 + 5 + 4;

    [Test]
    public void A_training_step_of_a_network_makes_each_level_and_rulebook_once()
    {
        using var net = new MinkUNet(MinkUNetKind.MinkUNet18, 3, 2, 0.1);
        var start = LiveObjects.Settled();
        for (var step = 0; step < 3; step++)
        {
            Apart(() =>
            {
                using var scope = torch.NewDisposeScope();
                var input = Input(step);
                input.features.requires_grad_();
                var loss = net.call(input).features.sum();
                var (maps, rulebooks) = (input.manager.Maps, input.manager.Rulebooks);
                Assert.That(maps, Has.Count.EqualTo(Levels));
                Assert.That(rulebooks, Has.Count.EqualTo(Rulebooks));
                Assert.That(SparseConvRuntime.LiveObjects - start, Is.EqualTo(Levels + Rulebooks), "made");
                loss.backward();
                Assert.That(input.manager.Maps, Is.EquivalentTo(maps), "after backward");
                Assert.That(input.manager.Rulebooks, Is.EquivalentTo(rulebooks), "after backward");
                Assert.That(SparseConvRuntime.LiveObjects - start, Is.EqualTo(Levels + Rulebooks), "after backward");
            });
            Assert.That(LiveObjects.Settled(), Is.EqualTo(start), $"after step {step}");
        }
    }

    [Test]
    public void Convolution_pooling_and_their_ways_back_share_one_rulebook()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(0);
        using var pool = new SparseMaxPool3d(2);
        using var down = new SparseConv3d(3, 3, 2, 2);
        using var up = new SparseConvTranspose3d(3, 3, 2, 2);
        using var inverse = new SparseInverseConv3d(3, 3, 2);
        using var average = new SparseAvgPool3d(2, sites: StridedSites.Downsample);
        using var upsample = new SparseUpsample(2);
        var (pooled, rows) = pool.forward_with_rows(input);
        var coarse = pooled + down.call(input) + average.call(input);
        var fine = up.call(coarse) + inverse.call(coarse) + upsample.call(coarse);
        using (rows)
        using (var unpool = new SparseMaxUnpool())
        {
            (fine + unpool.call(pooled, rows)).features.sum().backward();
        }

        Assert.That(input.manager.Maps, Has.Count.EqualTo(2));
        Assert.That(input.manager.Rulebooks, Has.Count.EqualTo(1));
    }

    [Test]
    public void Disposing_the_manager_frees_all_at_once()
    {
        using var net = new MinkUNet(MinkUNetKind.MinkUNet14, 3, 2, 0.1);
        var start = LiveObjects.Settled();
        using var scope = torch.NewDisposeScope();
        var input = Input(0);
        using (torch.no_grad())
        {
            net.call(input);
        }

        Assert.That(SparseConvRuntime.LiveObjects, Is.GreaterThan(start));
        input.manager.Dispose();
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(start));
    }

    [Test]
    public void Coordinates_given_again_do_not_make_a_manager_grow()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(0);
        using var convolution = new SparseConv3d(3, 2, 3, 2, 1);
        using var pool = new SparseMaxPool3d(3, 2, 1);
        var sites = torch.tensor(new[] { 0, 1, 1, 1, 1, 2, 2, 2 }, new long[] { 2, 4 }, torch.ScalarType.Int32);
        var first = convolution.call(input, sites);
        for (var i = 0; i < 5; i++)
        {
            Assert.That(convolution.call(input, sites).map, Is.SameAs(first.map));
            Assert.That(pool.call(input, sites.to_type(torch.ScalarType.Int64)).map, Is.SameAs(first.map));
        }

        var other = convolution.call(input, sites.flip(0));
        Assert.That(other.map, Is.Not.SameAs(first.map), "another order");
        Assert.That(input.manager.Maps, Has.Count.EqualTo(3));
        Assert.That(input.manager.Rulebooks, Has.Count.EqualTo(2));
    }

    // On a thread of its own, so that nothing on the test's stack keeps anything alive.
    private static void Apart(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);
    }

    private static SparseTensor Input(int seed)
    {
        var random = new Random(seed);
        var cloud = Cloud.Random(random, [40, 40, 40], [0, 0, 0], 2, 400);
        using var coordinates = cloud.Coordinates();
        return new SparseTensor(Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, 3), coordinates);
    }
}
