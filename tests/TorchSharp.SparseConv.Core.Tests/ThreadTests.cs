namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Results do not depend on the number of threads, bit for bit.</summary>
[TestFixture]
public sealed class ThreadTests
{
    // Large enough that work is divided.
    private static readonly Case Large = new()
    {
        Name = "3d_large",
        Dimensions = 3,
        Fine = Cloud.Draw(5, 3, 6000, -14, 14, batches: 2),
        Size = [3, 3, 3],
        Stride = [2, 2, 2],
        Dilation = [1, 1, 1],
        Padding = [1, 1, 1],
        Sites = CaseSites.Dilate,
        InChannels = 19,
        OutChannels = 34,
    };

    [TearDown]
    public void Restore() => SparseConvRuntime.Threads = 0;

    [TestCase(ConvolutionDirection.FineToCoarse)]
    [TestCase(ConvolutionDirection.CoarseToFine)]
    public void Every_pass_gives_the_same_bits(ConvolutionDirection direction)
    {
        var expected = Run(1, direction);
        foreach (var threads in (int[])[2, 3, 4, 7])
        {
            Assert.That(Run(threads, direction), Is.EqualTo(expected), $"{threads} threads");
        }
    }

    [Test]
    public void Levels_and_rulebooks_are_the_same()
    {
        var expected = Structure(1);
        foreach (var threads in (int[])[2, 3, 7])
        {
            Assert.That(Structure(threads), Is.EqualTo(expected), $"{threads} threads");
        }
    }

    [Test]
    public void The_number_is_read_back_and_0_goes_back_to_the_default()
    {
        var before = SparseConvRuntime.Threads;
        SparseConvRuntime.Threads = before + 3;
        Assert.That(SparseConvRuntime.Threads, Is.EqualTo(before + 3));
        Assert.That(() => SparseConvRuntime.Threads = -1, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(SparseConvRuntime.Threads, Is.EqualTo(before + 3));
        SparseConvRuntime.Threads = 0;
        Assert.That(SparseConvRuntime.Threads, Is.EqualTo(before));
    }

    private static float[][] Run(int threads, ConvolutionDirection direction)
    {
        SparseConvRuntime.Threads = threads;
        using var scene = new Scene(Large);
        var problem = new Problem<float>(scene, direction);
        var (weight, bias) = problem.BackwardWeight();
        return [problem.Forward().Data, problem.BackwardInput().Data, weight.Data, bias.Data];
    }

    private static object[] Structure(int threads)
    {
        SparseConvRuntime.Threads = threads;
        using var scene = new Scene(Large);
        var fine = scene.Manager.Refine(scene.Coarse, scene.Geometry, TransposedSites.Generate);
        var pairs = Enumerable.Range(0, scene.Rulebook.Taps).Select(tap => scene.Rulebook.TapPairs(tap)).ToArray();
        return
        [
            scene.Coarse.Coordinates(),
            fine.Coordinates(),
            pairs.SelectMany(pair => pair.Fine).ToArray(),
            pairs.SelectMany(pair => pair.Coarse).ToArray(),
        ];
    }
}
