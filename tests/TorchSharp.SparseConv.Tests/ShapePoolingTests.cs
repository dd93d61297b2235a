using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Pooling under crosses, hybrids and lists of offsets against loops over the law, and central differences.</summary>
[TestFixture]
public sealed class ShapePoolingTests
{
    private const int Channels = 3;

    private static IEnumerable<Variant> Variants =>
        Enumerable
            .Range(1, 4)
            .SelectMany(dimensions => Variant.All(dimensions, "cross", "hybrid", Variant.Offsets))
            .Where((_, i) => i % 2 == 0)
            .Select(one => one with { Case = one.Case with { Voxels = Math.Min(one.Case.Voxels, 60) } });

    [Test]
    public void Pooling_is_brute_force_by_the_law(
        [ValueSource(nameof(Variants))] Variant one,
        [Values] PoolingKind kind,
        [Values] StridedSites sites
    )
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(one.Case.Seed);
        var input = Input(one, random);
        using var layer = Pools.Layer(one.Case, kind, sites, one.Kernel);
        RequireOracle(one, kind, input, layer.call(input), random);
    }

    [Test]
    public void Given_sites_are_pooled_by_the_same_law(
        [Values("cross", "hybrid", Variant.Offsets)] string shape,
        [Values] PoolingKind kind
    )
    {
        using var scope = torch.NewDisposeScope();
        var one = new Variant(Case.Strided(3).ElementAt(14) with { Bounded = false }, shape, 1, 1, 1);
        var random = new Random(2);
        var input = Input(one, random);
        using var layer = Pools.Layer(one.Case, kind, shape: one.Kernel);
        var sites = Cloud.Random(random, [8, 8, 8], [-4, -4, -4], 2, 25);
        var result = layer.call(input, sites.Coordinates());
        Assert.That(Tensors.Rows(result.coordinates), Is.EqualTo(sites.Rows));
        Assert.That(layer.call(input, result).map, Is.SameAs(result.map));
        RequireOracle(one, kind, input, result, random);
    }

    [Test]
    public void Central_differences_agree_with_backward(
        [Values("cross", "hybrid", Variant.Offsets)] string shape,
        [Values] PoolingKind kind
    )
    {
        using var scope = torch.NewDisposeScope();
        var one = new Variant(Case.Strided(4).ElementAt(14) with { Voxels = 30 }, shape, 1, 1, 1);
        var random = new Random(3);
        var input = Input(one, random);
        using var layer = Pools.Layer(one.Case, kind, shape: one.Kernel);
        Differences.RequireGradient(input.features, () => layer.call(input).features, random);
    }

    [Test]
    public void The_stride_is_the_size_of_the_box_around_the_taps_where_none_is_given()
    {
        using var scope = torch.NewDisposeScope();
        using var cross = torch.nn.SparseSumPool2d(KernelShape.Cross((3, 5)));
        using var offsets = torch.nn.SparseSumPool1d(KernelShape.Offsets(-1, 0, 1));
        Assert.That(cross.stride, Is.EqualTo(new PerAxis(3, 5)));
        Assert.That(offsets.stride, Is.EqualTo(new PerAxis(3)));

        // -1, 0 and 1 tile the line by threes: each value is summed once.
        var input = new SparseTensor(
            torch.tensor(new[] { 1.0, 2, 4, 8, 16 }, [5, 1]),
            Tensors.Coordinates(
                [
                    [0, -4],
                    [0, -1],
                    [0, 0],
                    [0, 1],
                    [0, 2],
                ],
                1
            )
        );
        Assert.That(Arrays.Vector(offsets.call(input).features), Is.EqualTo(new[] { 1.0, 14, 16 }));
    }

    [Test]
    public void A_maximum_under_a_cross_goes_back_to_where_it_was()
    {
        using var scope = torch.NewDisposeScope();
        using var pool = new SparseMaxPool2d(KernelShape.Cross(3), stride: 2, padding: 1);
        using var unpool = new SparseMaxUnpool();
        using var inverse = new SparseInverseConv2d(1, 1, KernelShape.Cross(3));
        var input = new SparseTensor(
            torch.tensor(new[] { 9f, 2, 3 }, [3, 1]),
            Tensors.Coordinates(
                [
                    [0, 1, 1],
                    [0, 0, 1],
                    [0, 0, 0],
                ],
                2
            )
        );

        // (1, 1) lies at a corner of every window, where a cross has no tap.
        var (pooled, rows) = pool.forward_with_rows(input);
        var back = unpool.call(pooled, rows).features;
        Assert.That(back.data<float>().ToArray(), Is.EqualTo(new[] { 0f, 2, 3 }));
        Assert.That(inverse.call(pooled).map, Is.SameAs(input.map));
    }

    private static SparseTensor Input(Variant one, Random random)
    {
        var cloud = one.Case.Cloud(random);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, Channels).requires_grad_();
        PerAxis? shape = one.Case.Bounded ? new PerAxis(cloud.Shape) : null;
        return new SparseTensor(features, cloud.Coordinates(), cloud.Batches, shape);
    }

    private static void RequireOracle(
        Variant one,
        PoolingKind kind,
        SparseTensor input,
        SparseTensor result,
        Random random
    )
    {
        var gradient = Tensors.Random(random, torch.ScalarType.Float64, result.count, Channels);
        (result.features * gradient).sum().backward();
        var (output, gradFeatures) = Pools.Run(
            one.Oracle(),
            kind,
            Tensors.Rows(input.coordinates),
            Tensors.Rows(result.coordinates),
            Arrays.Matrix(input.features),
            Arrays.Matrix(gradient)
        );
        Assert.That(Arrays.Deviation(result.features, output), Is.LessThan(1e-12), "output");
        Assert.That(Arrays.Deviation(input.features.grad!, gradFeatures), Is.LessThan(1e-12), "gradient");
    }
}
