using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// A sparse layer is PyTorch's dense one, read at the output sites: outputs, gradients of features, weight and bias, and
/// which sites there are. Float64, largest deviation over largest value at most 1e-12.
/// </summary>
[TestFixture]
public sealed class DenseEquivalenceTests
{
    private const double Tolerance = 1e-12;
    private const long In = 3;
    private const long Out = 4;

    private static IEnumerable<Case> StridedCases => Enumerable.Range(1, 3).SelectMany(Case.Strided);

    private static IEnumerable<Case> SubmanifoldCases => Enumerable.Range(1, 3).SelectMany(Case.Submanifold);

    [TestCaseSource(nameof(StridedCases))]
    public void Strided_convolution_equals_the_dense_one(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new DenseSetup(one, In);
        var layer = Layers.Conv(one, In, Out);
        var result = layer.call(setup.Input);

        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), twin.Weight, twin.Bias);
        var occupied = setup.Dense.Convolve(setup.DenseInput(Ones(setup.Cloud.Rows.Length)), Ones(layer.weight), null);
        RequireSites(result, occupied, setup.Frame.CoarseOrigin);
        if (one.Bounded)
        {
            Assert.That(result.spatial_shape, Is.EqualTo(new PerAxis(setup.Frame.CoarseShape)));
        }

        twin.RequireEqual(result, layer, dense, setup.Frame.CoarseOrigin, setup.Random);
    }

    [TestCaseSource(nameof(SubmanifoldCases))]
    public void Submanifold_convolution_equals_the_dense_one_at_its_own_sites(Case one)
    {
        using var scope = torch.NewDisposeScope();

        // A margin of zeros, since PyTorch's padding="same" adds one more cell behind an even kernel than before it.
        var setup = new DenseSetup(one with { Bounded = false }, In);
        var layer = Layers.SubM(one, In, Out);
        var result = layer.call(setup.Input);

        Assert.That(result.map, Is.SameAs(setup.Input.map));
        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), twin.Weight, twin.Bias);
        twin.RequireEqual(result, layer, dense, setup.Frame.CoarseOrigin, setup.Random);
    }

    [TestCaseSource(nameof(StridedCases))]
    public void Strided_convolution_at_given_coordinates_equals_the_dense_one(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new DenseSetup(one, In);
        var layer = Layers.Conv(one, In, Out);
        var sites = Cloud.Random(setup.Random, setup.Frame.CoarseShape, setup.Frame.CoarseOrigin, 2, 10);
        var result = layer.call(setup.Input, sites.Coordinates());

        Assert.That(Tensors.Rows(result.coordinates), Is.EqualTo(sites.Rows));
        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), twin.Weight, twin.Bias);
        twin.RequireEqual(result, layer, dense, setup.Frame.CoarseOrigin, setup.Random);
    }

    [TestCaseSource(nameof(StridedCases))]
    public void Transposed_convolution_back_to_the_encoder_equals_the_dense_one(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new DenseSetup(one, In);
        var coarse = setup.Coarse(In);
        var layer = Layers.Transpose(one, In, Out, TransposedSites.Cached);
        var result = layer.call(coarse);

        // With stride 1 the level itself is the nearest one at the wanted stride.
        Assert.That(result.map, Is.SameAs(one.Stride.All(stride => stride == 1) ? coarse.map : setup.Input.map));
        var twin = new LayerTwin(layer, coarse.features);
        var dense = setup.Dense.Transpose(
            setup.DenseCoarse(twin.Features, coarse),
            twin.Weight,
            twin.Bias,
            setup.Frame.OutputPadding
        );
        twin.RequireEqual(result, layer, dense, setup.Frame.FineOrigin, setup.Random);
    }

    [TestCaseSource(nameof(StridedCases))]
    public void Generating_transposed_convolution_equals_the_dense_one(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new DenseSetup(one, In);
        var coarse = setup.Coarse(In);
        var layer = Layers.Transpose(one, In, Out, TransposedSites.Generate);
        var result = layer.call(coarse);

        var none = Case.Same(0, one.Dimensions);
        var twin = new LayerTwin(layer, coarse.features);
        var dense = setup.Dense.Transpose(setup.DenseCoarse(twin.Features, coarse), twin.Weight, twin.Bias, none);
        var occupied = setup.Dense.Transpose(
            setup.DenseCoarse(Ones(coarse.count), coarse),
            Ones(layer.weight),
            null,
            none
        );
        RequireSites(result, occupied, setup.Frame.FineOrigin);
        twin.RequireEqual(result, layer, dense, setup.Frame.FineOrigin, setup.Random);
    }

    [TestCase(1, 32, 48)]
    [TestCase(3, 17, 5)]
    [TestCase(3, 64, 33)]
    [TestCase(2, 1, 1)]
    public void Float32_and_tails_of_channels_equal_the_dense_convolution(int kernel, int input, int output)
    {
        using var scope = torch.NewDisposeScope();
        int[] Same(int value) => Case.Same(value, 3);
        var one = new Case(3, Same(kernel), Same(2), Same(1), Same(kernel / 2), true, 200, kernel);
        var setup = new DenseSetup(one, input, torch.ScalarType.Float32);
        var layer = Layers.Conv(one, input, output, type: torch.ScalarType.Float32);
        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), twin.Weight, twin.Bias);
        twin.RequireEqual(
            layer.call(setup.Input),
            layer,
            dense,
            setup.Frame.CoarseOrigin,
            setup.Random,
            tolerance: 2e-6
        );
    }

    private static torch.Tensor Ones(long rows) => torch.ones(new[] { rows, 1 }, torch.ScalarType.Float64);

    private static torch.Tensor Ones(torch.Tensor weight) =>
        torch.ones(new[] { weight.shape[0], 1, 1 }, torch.ScalarType.Float64);

    private static void RequireSites(SparseTensor result, torch.Tensor occupied, int[] origin)
    {
        var rows = Tensors.Rows(result.coordinates).Select(row => Tensors.Key(row)).ToList();
        Assert.That(rows, Is.EquivalentTo(DenseTwin.Active(occupied, origin)), "sites");
    }
}
