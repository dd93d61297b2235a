using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Lists of offsets in 1 to 4 dimensions, and crosses and hybrids in 4, against loops over the law; in groups, at a layer's
/// own sites and at given ones. Float64.
/// </summary>
[TestFixture]
public sealed class ShapeOracleTests
{
    private static IEnumerable<Variant> Variants =>
        Enumerable
            .Range(1, 4)
            .SelectMany(dimensions => Variant.All(dimensions, Variant.Offsets))
            .Concat(Variant.All(4, "cross", "hybrid"))
            .Select(one => one with { Case = one.Case with { Voxels = Math.Min(one.Case.Voxels, 60) } });

    [TestCaseSource(nameof(Variants))]
    public void Strided_convolution_is_the_law(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, random) = Input(one);
        var layer = one.Conv();
        var result = layer.call(input);
        Assert.That(Keys(result), Is.EquivalentTo(Inside(result, one.Oracle().Dilate(Rows(input)))), "sites");
        Law.Require(one.Oracle(), layer, input, result, transposed: false, random);
    }

    [TestCaseSource(nameof(Variants))]
    public void Downsampling_keeps_its_sites_whatever_the_shape(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, random) = Input(one);
        var layer = one.Conv(StridedSites.Downsample);
        var result = layer.call(input);
        var expected = Rows(input)
            .Select(row =>
                Tensors.Key(
                    row.Select((value, i) => i == 0 ? value : (int)Math.Floor((double)value / one.Case.Stride[i - 1]))
                )
            )
            .Distinct(StringComparer.Ordinal);
        Assert.That(Keys(result), Is.EquivalentTo(expected), "sites");
        Law.Require(one.Oracle(), layer, input, result, transposed: false, random);
    }

    [TestCaseSource(nameof(Variants))]
    public void Submanifold_convolution_is_the_law(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, random) = Input(one);
        var layer = one.SubM();
        var oracle = one.Oracle(Case.Same(1, one.Case.Dimensions), one.SamePadding);
        Assert.That(layer.padding, Is.EqualTo(Layers.Axes(one.SamePadding)));
        Law.Require(oracle, layer, input, layer.call(input), transposed: false, random);
    }

    [Test]
    public void Transposed_and_inverse_convolution_are_the_law(
        [ValueSource(nameof(Variants))] Variant one,
        [Values("generate", "cached", "inverse")] string kind
    )
    {
        using var scope = torch.NewDisposeScope();
        var (fine, random) = Input(one);
        var input = Coarse(one, fine, random);
        SparseConvolution layer = kind switch
        {
            "generate" => one.Transpose(TransposedSites.Generate),
            "cached" => one.Transpose(TransposedSites.Cached),
            _ => one.Inverse(),
        };
        var result = layer.call(input);
        if (layer is SparseConvTransposeNd { sites: TransposedSites.Generate })
        {
            Assert.That(Keys(result), Is.EquivalentTo(Inside(result, one.Oracle().Generate(Rows(input)))), "sites");
        }
        else if (layer is SparseInverseConvNd || one.Case.Stride.Any(stride => stride > 1))
        {
            Assert.That(result.map, Is.SameAs(fine.map));
        }

        Law.Require(one.Oracle(), layer, input, result, transposed: true, random);
    }

    [TestCaseSource(nameof(Variants))]
    public void Given_sites_are_read_by_the_same_law(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, random) = Input(one);
        var layer = one.Conv();
        var sites = Cloud.Random(random, Case.Same(6, one.Case.Dimensions), Case.Same(-1, one.Case.Dimensions), 2, 12);
        using var open = new SparseTensor(input.features, input.coordinates, input.batch_size);
        var result = layer.call(open, sites.Coordinates());
        Assert.That(Rows(result), Is.EqualTo(sites.Rows));
        Assert.That(
            Tensors.Deviation(
                layer.call(open, result.with_features(torch.ones(result.count, 1))).features,
                result.features
            ),
            Is.Zero
        );
        Law.Require(one.Oracle(), layer, open, result, transposed: false, random);
        layer.zero_grad();

        var back = one.Transpose(TransposedSites.Cached);
        var coarse = result.with_features(
            Tensors.Random(random, torch.ScalarType.Float64, result.count, one.Input).requires_grad_()
        );
        var some = Cloud.Random(random, Case.Same(9, one.Case.Dimensions), Case.Same(-3, one.Case.Dimensions), 2, 12);
        var restored = back.call(coarse, some.Coordinates());
        Assert.That(Rows(restored), Is.EqualTo(some.Rows));
        Law.Require(one.Oracle(), back, coarse, restored, transposed: true, random);
    }

    [Test]
    public void Central_differences_agree_with_backward(
        [Values(1, 2, 3, 4)] int dimensions,
        [Values("box", "cross", "hybrid", Variant.Offsets)] string shape,
        [Values("conv", "subm", "transpose", "inverse")] string family
    )
    {
        using var scope = torch.NewDisposeScope();
        var one = new Variant(
            Case.Strided(dimensions).ElementAt(14) with
            {
                Voxels = 25,
                Bounded = false,
            },
            shape,
            4,
            6,
            2
        );
        var (fine, random) = Input(one);
        var input = family is "conv" or "subm" ? fine : Coarse(one, fine, random);
        using SparseConvolution layer = family switch
        {
            "conv" => one.Conv(),
            "subm" => one.SubM(),
            "transpose" => one.Transpose(TransposedSites.Generate),
            _ => one.Inverse(),
        };
        foreach (var leaf in new torch.Tensor[] { input.features, layer.weight, layer.bias! })
        {
            Differences.RequireGradient(leaf, () => layer.call(input).features, random, Differences.WideStep);
        }
    }

    private static (SparseTensor Input, Random Random) Input(Variant one)
    {
        var random = new Random(one.Case.Seed);
        var cloud = one.Case.Cloud(random);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, one.Input).requires_grad_();
        PerAxis? shape = one.Case.Bounded ? new PerAxis(cloud.Shape) : null;
        return (new SparseTensor(features, cloud.Coordinates(), cloud.Batches, shape), random);
    }

    private static SparseTensor Coarse(Variant one, SparseTensor fine, Random random)
    {
        using var down = one.Conv();
        var sites = down.call(fine);
        return sites.with_features(
            Tensors.Random(random, torch.ScalarType.Float64, sites.count, one.Input).requires_grad_()
        );
    }

    private static int[][] Rows(SparseTensor tensor) => Tensors.Rows(tensor.coordinates);

    private static List<string> Keys(SparseTensor tensor) => [.. Rows(tensor).Select(row => Tensors.Key(row))];

    private static HashSet<string> Inside(SparseTensor result, HashSet<string> keys)
    {
        if (result.spatial_shape is { } shape)
        {
            keys.RemoveWhere(key =>
                key.Split(',').Skip(1).Select(int.Parse).Where((value, axis) => value < 0 || value >= shape[axis]).Any()
            );
        }

        return keys;
    }
}
