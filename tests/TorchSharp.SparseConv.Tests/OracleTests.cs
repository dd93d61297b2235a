using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Layers against loops over the law, in four dimensions, where PyTorch has no convolution to compare with.</summary>
[TestFixture]
public sealed class OracleTests
{
    private const int In = 2;
    private const int Out = 3;

    private static IEnumerable<Case> Cases =>
        Case.Strided(4).Where(one => one.Kernel.Aggregate(1, (product, size) => product * size) <= 256);

    private static IEnumerable<Case> SubmanifoldCases =>
        Case.Submanifold(4).Where(one => one.Kernel.All(size => size <= 3));

    [TestCaseSource(nameof(Cases))]
    public void Strided_convolution_in_four_dimensions_is_the_law(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, cloud, random) = Input(one);
        var layer = Layers.Conv(one, In, Out);
        var result = layer.call(input);

        var expected = Oracle(one).Dilate(cloud.Rows);
        if (result.spatial_shape is { } shape)
        {
            expected.RemoveWhere(key => !Inside(key, shape));
        }

        Assert.That(Keys(result), Is.EquivalentTo(expected), "sites");
        Law.Require(Oracle(one), layer, input, result, transposed: false, random);
    }

    [TestCaseSource(nameof(SubmanifoldCases))]
    public void Submanifold_convolution_in_four_dimensions_is_the_law(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var (input, _, random) = Input(one);
        var layer = Layers.SubM(one, In, Out);
        Law.Require(Oracle(one), layer, input, layer.call(input), transposed: false, random);
    }

    [TestCaseSource(nameof(Cases))]
    public void Generating_transposed_convolution_in_four_dimensions_is_the_law(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var (fine, _, random) = Input(one);
        using var down = Layers.Conv(one, In, 1);
        var sites = down.call(fine);
        var input = sites.with_features(
            Tensors.Random(random, torch.ScalarType.Float64, sites.count, In).requires_grad_()
        );
        var layer = Layers.Transpose(one, In, Out, TransposedSites.Generate);
        var result = layer.call(input);

        var expected = Oracle(one).Generate(Tensors.Rows(input.coordinates));
        if (result.spatial_shape is { } shape)
        {
            expected.RemoveWhere(key => !Inside(key, shape));
        }

        Assert.That(Keys(result), Is.EquivalentTo(expected), "sites");
        Law.Require(Oracle(one), layer, input, result, transposed: true, random);
    }

    private static (SparseTensor Input, Cloud Cloud, Random Random) Input(Case one)
    {
        var random = new Random(one.Seed);
        var cloud = (one with { Voxels = Math.Min(one.Voxels, 60) }).Cloud(random);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, In).requires_grad_();
        PerAxis? shape = one.Bounded ? new PerAxis(cloud.Shape) : null;
        return (new SparseTensor(features, cloud.Coordinates(), cloud.Batches, shape), cloud, random);
    }

    private static BruteForce Oracle(Case one) => new(one.Kernel, one.Stride, one.Dilation, one.Padding);

    private static bool Inside(string key, PerAxis shape)
    {
        var row = key.Split(',').Select(int.Parse).ToArray();
        return row.Skip(1).Select((value, axis) => value >= 0 && value < shape[axis]).All(inside => inside);
    }

    private static List<string> Keys(SparseTensor tensor) =>
        [.. Tensors.Rows(tensor.coordinates).Select(row => Tensors.Key(row))];
}
