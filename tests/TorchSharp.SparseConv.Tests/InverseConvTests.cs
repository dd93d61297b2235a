using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// An inverse convolution is the transposed one with the geometry that the level remembers: brute force by the law,
/// central differences, and pairings that are wrong. Float64.
/// </summary>
[TestFixture]
public sealed class InverseConvTests
{
    private static IEnumerable<Case> Cases =>
        Enumerable
            .Range(1, 4)
            .SelectMany(Case.Strided)
            .Where(one => one.Dimensions < 4 || one.Seed % 4 == 2)
            .Where(one => one.Kernel.Concat(one.Stride).Any(size => size > 1));

    [TestCaseSource(nameof(Cases))]
    public void The_sites_come_back_and_values_are_brute_force_by_the_law(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(one.Seed);
        var (input, coarse) = Down(one, random);
        using var inverse = Layers.Inverse(one, 3, 2);
        var result = inverse.call(coarse);
        var gradient = Tensors.Random(random, torch.ScalarType.Float64, result.count, 2);
        (result.features * gradient).sum().backward();
        var expected = new BruteForce(one.Kernel, one.Stride, one.Dilation, one.Padding).Run(
            Tensors.Rows(coarse.coordinates),
            Tensors.Rows(result.coordinates),
            transposed: true,
            Arrays.Matrix(coarse.features),
            Arrays.Cube(inverse.weight),
            Arrays.Vector(inverse.bias!),
            Arrays.Matrix(gradient)
        );
        Assert.That(result.map, Is.SameAs(input.map));
        Assert.That(Arrays.Deviation(result.features, expected.Output), Is.LessThan(1e-12));
        Assert.That(Arrays.Deviation(coarse.features.grad!, expected.Features), Is.LessThan(1e-12));
        Assert.That(Arrays.Deviation(inverse.weight.grad!, expected.Weight), Is.LessThan(1e-12));
    }

    [Test]
    public void Central_differences_agree_with_backward([Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(dimensions);
        var one = Case.Strided(dimensions).ElementAt(14) with { Voxels = 30 };
        var (_, coarse) = Down(one, random);
        using var inverse = Layers.Inverse(one, 3, 2);
        foreach (var leaf in new torch.Tensor[] { coarse.features, inverse.weight, inverse.bias! })
        {
            Differences.RequireGradient(leaf, () => inverse.call(coarse).features, random);
        }
    }

    [Test]
    public void It_undoes_pooling_and_what_was_pruned_or_convolved_since()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(7);
        var cloud = Cloud.Random(random, [12, 12], [-6, -6], 2, 60);
        var input = new SparseTensor(torch.ones(60, 1), cloud.Coordinates());
        using var pool = new SparseMaxPool2d(3, stride: 2, padding: 1);
        using var same = new SubMConv2d(1, 1, 3);
        using var inverse = torch.nn.SparseInverseConv2d(1, 4, 3);
        var coarse = same.call(pool.call(input));
        var kept = coarse.prune(torch.arange(coarse.count).remainder(2).eq(0));
        Assert.That(inverse.call(coarse).map, Is.SameAs(input.map));
        Assert.That(inverse.call(kept).map, Is.SameAs(input.map));
        Assert.That(inverse.call(kept.prune(torch.zeros(kept.count).gt(1))).map, Is.SameAs(input.map));
    }

    [Test]
    public void Downsampling_by_two_kernels_is_undone_by_the_one_of_the_size_asked_for()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(
            torch.ones(2, 1),
            Tensors.Coordinates(
                [
                    [0, 0],
                    [0, 7],
                ],
                1
            )
        );
        using var narrow = new SparseConv1d(1, 1, 2, stride: 2, sites: StridedSites.Downsample);
        using var wide = new SparseConv1d(1, 1, 3, stride: 2, padding: 1, sites: StridedSites.Downsample);
        var coarse = narrow.call(input);
        Assert.That(wide.call(input).map, Is.SameAs(coarse.map));
        using var inverse = new SparseInverseConv1d(1, 1, 3, bias: false);
        var ones = coarse.with_features(torch.ones(coarse.count, 1));
        Assert.That(inverse.call(ones).map, Is.SameAs(input.map));

        // Coarse 0 holds fine 0 at tap 1; coarse 3 holds fine 7 at tap 2.
        var expected = torch.stack([inverse.weight[1].view(1), inverse.weight[2].view(1)]);
        Assert.That(Tensors.Deviation(inverse.call(ones).features, expected), Is.Zero);
        using var shifted = new SparseConv1d(1, 1, 3, stride: 2, sites: StridedSites.Downsample);
        shifted.call(input);
        Refuse(() => inverse.call(ones), "Two layers have that kernel");
    }

    [Test]
    public void A_wrong_pairing_says_what_made_the_level()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(
            torch.ones(2, 1),
            Tensors.Coordinates(
                [
                    [0, 0],
                    [0, 7],
                ],
                1
            )
        );
        using var down = new SparseConv1d(1, 1, 2, stride: 2);
        using var up = new SparseConvTranspose1d(1, 1, 2, stride: 2, sites: TransposedSites.Generate);
        using var inverse = new SparseInverseConv1d(1, 1, 3);
        var coarse = down.call(input);
        Refuse(() => inverse.call(input), "kernel (3)", "its coordinates were given");
        Refuse(() => inverse.call(coarse), "kernel (3)", "kernel (2), stride (2), padding (0), dilation (1)");
        Refuse(() => inverse.call(up.call(coarse)), "not by a strided convolution or pooling");
    }

    [Test]
    public void A_layer_that_left_the_sites_as_they_were_is_undone_there()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(
            torch.tensor(new[] { 1f, 10, 100 }, [3, 1]),
            Tensors.Coordinates(
                [
                    [0, 0],
                    [0, 1],
                    [0, 5],
                ],
                1
            )
        );
        using var pointwise = new SparseConv1d(1, 1, 1);
        using var undo = new SparseInverseConv1d(1, 1, 1, bias: false);
        using var inPlace = new SparseConv1d(1, 1, 3, padding: 1, sites: StridedSites.Downsample);
        using var spread = new SparseInverseConv1d(1, 1, 3, bias: false);
        Refuse(() => undo.call(input), "kernel (1)", "its coordinates were given");
        pointwise.call(input);
        inPlace.call(input);
        var pruned = input.prune(torch.tensor(new[] { true, false, true }));
        using (torch.no_grad())
        {
            undo.weight.fill_(2);
            spread.weight.copy_(torch.tensor(new[] { 2f, 3, 5 }, [3, 1, 1]));
        }

        Assert.That(undo.call(input).map, Is.SameAs(input.map));
        Assert.That(undo.call(input).features.data<float>().ToArray(), Is.EqualTo(new[] { 2f, 20, 200 }));

        // Coarse 0 reaches fine -1, 0 and 1 by taps 0, 1 and 2; what was pruned since comes back.
        Assert.That(spread.call(pruned).map, Is.SameAs(input.map));
        Assert.That(spread.call(pruned).features.data<float>().ToArray(), Is.EqualTo(new[] { 3f, 5, 300 }));
        Refuse(() => new SparseInverseConv1d(1, 1, 2).call(input), "kernel (2)");
    }

    [Test]
    public void A_strided_layer_is_undone_before_one_of_its_kernel_that_left_the_sites()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(
            torch.ones(2, 1),
            Tensors.Coordinates(
                [
                    [0, 0],
                    [0, 7],
                ],
                1
            )
        );
        using var down = new SparseConv1d(1, 1, 3, stride: 2, padding: 1, sites: StridedSites.Downsample);
        using var inPlace = new SparseConv1d(1, 1, 3, padding: 1, sites: StridedSites.Downsample);
        using var inverse = new SparseInverseConv1d(1, 1, 3);
        var coarse = inPlace.call(down.call(input));
        Assert.That(inverse.call(coarse).map, Is.SameAs(input.map));
    }

    [Test]
    public void The_kernels_shape_tells_apart_what_is_undone()
    {
        using var scope = torch.NewDisposeScope();
        var cloud = Cloud.Random(new Random(3), [9, 9], [-4, -4], 1, 30);
        var input = new SparseTensor(torch.ones(30, 1), cloud.Coordinates());
        using var cross = new SparseConv2d(1, 1, KernelShape.Cross(3), stride: 2, padding: 1);
        using var box = new SparseInverseConv2d(1, 1, 3);
        using var same = new SparseInverseConv2d(1, 1, KernelShape.Cross(3));
        var coarse = cross.call(input);
        Assert.That(same.call(coarse).map, Is.SameAs(input.map));
        Refuse(() => box.call(coarse), "kernel (3, 3)", "made with kernel cross (3, 3), stride (2, 2)");
    }

    [Test]
    public void Given_sites_of_the_restored_stride_are_read_with_the_same_law()
    {
        using var scope = torch.NewDisposeScope();
        var one = Case.Strided(2).ElementAt(14) with { Bounded = false };
        var (input, coarse) = Down(one, new Random(1));
        using var inverse = Layers.Inverse(one, 3, 2);
        var all = inverse.call(coarse);
        var some = inverse.call(coarse, input.coordinates.narrow(0, 3, 5));
        Assert.That(Tensors.Deviation(some.features, all.features.narrow(0, 3, 5)), Is.Zero);
        Assert.That(inverse.call(coarse, input).map, Is.SameAs(input.map));
    }

    private static void Refuse(Action call, params string[] parts)
    {
        var refused = Assert.Throws<InvalidOperationException>(call)!;
        foreach (var part in parts)
        {
            Assert.That(refused.Message, Does.Contain(part));
        }
    }

    private static (SparseTensor Input, SparseTensor Coarse) Down(Case one, Random random)
    {
        var cloud = one.Cloud(random);
        PerAxis? shape = one.Bounded ? new PerAxis(cloud.Shape) : null;
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 1);
        var input = new SparseTensor(features, cloud.Coordinates(), cloud.Batches, shape);
        using var down = Layers.Conv(one, 1, 1);
        var sites = down.call(input);
        var coarse = Tensors.Random(random, torch.ScalarType.Float64, sites.count, 3).requires_grad_();
        return (input, sites.with_features(coarse));
    }
}
