using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// A layer with a kernel shape and groups of channels is PyTorch's dense one in as many groups, whose kernel is the box
/// with zeros outside of the shape: outputs, all gradients and output sites. Float64, largest deviation over largest value
/// at most 1e-12.
/// </summary>
[TestFixture]
public sealed class ShapeEquivalenceTests
{
    private static IEnumerable<Variant> Variants =>
        Enumerable.Range(1, 3).SelectMany(dimensions => Variant.All(dimensions, "box", "cross", "hybrid"));

    [TestCaseSource(nameof(Variants))]
    public void Strided_convolution_equals_the_dense_one(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = Setup(one);
        var layer = one.Conv();
        var result = layer.call(setup.Input);

        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), Spread(twin.Weight, one), twin.Bias);
        var occupied = Ungrouped(one).Convolve(setup.DenseInput(Ones(setup.Input.count)), Reached(one), null);
        RequireSites(result, occupied, setup.Frame.CoarseOrigin);
        twin.RequireEqual(result, layer, dense, setup.Frame.CoarseOrigin, setup.Random);
    }

    [TestCaseSource(nameof(Variants))]
    public void Submanifold_convolution_equals_the_dense_one_at_its_own_sites(Variant given)
    {
        using var scope = torch.NewDisposeScope();
        var one = given with
        {
            Case = given.Case with
            {
                Stride = Case.Same(1, given.Case.Dimensions),
                Padding = given.SamePadding,
                Bounded = false,
            },
        };
        var setup = Setup(one);
        var layer = one.SubM();
        var result = layer.call(setup.Input);

        Assert.That(result.map, Is.SameAs(setup.Input.map));
        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), Spread(twin.Weight, one), twin.Bias);
        twin.RequireEqual(result, layer, dense, setup.Frame.CoarseOrigin, setup.Random);
    }

    [Test]
    public void Transposed_and_inverse_convolution_equal_the_dense_one(
        [ValueSource(nameof(Variants))] Variant one,
        [Values] bool inverse
    )
    {
        using var scope = torch.NewDisposeScope();
        var setup = Setup(one);
        var coarse = setup.Coarse(one.Input, one.Kernel);
        SparseConvolution layer = inverse ? one.Inverse() : one.Transpose(TransposedSites.Cached);
        var result = inverse ? layer.call(coarse) : layer.call(coarse, setup.Input);

        Assert.That(result.map, Is.SameAs(setup.Input.map));
        var twin = new LayerTwin(layer, coarse.features);
        var dense = setup.Dense.Transpose(
            setup.DenseCoarse(twin.Features, coarse),
            Spread(twin.Weight, one),
            twin.Bias,
            setup.Frame.OutputPadding
        );
        twin.RequireEqual(result, layer, dense, setup.Frame.FineOrigin, setup.Random);
    }

    [TestCaseSource(nameof(Variants))]
    public void Generating_transposed_convolution_equals_the_dense_one(Variant one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = Setup(one);
        var coarse = setup.Coarse(one.Input, one.Kernel);
        var layer = one.Transpose(TransposedSites.Generate);
        var result = layer.call(coarse);

        var none = Case.Same(0, one.Case.Dimensions);
        var twin = new LayerTwin(layer, coarse.features);
        var dense = setup.Dense.Transpose(
            setup.DenseCoarse(twin.Features, coarse),
            Spread(twin.Weight, one),
            twin.Bias,
            none
        );
        var occupied = Ungrouped(one)
            .Transpose(setup.DenseCoarse(Ones(coarse.count), coarse), Reached(one), null, none);
        RequireSites(result, occupied, setup.Frame.FineOrigin);
        twin.RequireEqual(result, layer, dense, setup.Frame.FineOrigin, setup.Random);
    }

    /// <summary>Group widths that no vector register divides, and those that it does.</summary>
    [TestCase("cross", 34, 51, 17)]
    [TestCase("hybrid", 33, 33, 33)]
    [TestCase("box", 64, 64, 64)]
    [TestCase("box", 32, 96, 4)]
    [TestCase("cross", 16, 48, 16)]
    public void Groups_of_any_width_equal_the_dense_convolution_in_Float32(
        string shape,
        int input,
        int output,
        int groups
    )
    {
        using var scope = torch.NewDisposeScope();
        int[] Same(int value) => Case.Same(value, 3);
        var one = new Variant(
            new Case(3, Same(3), Same(1), Same(1), Same(1), Bounded: true, Voxels: 150, Seed: groups),
            shape,
            input,
            output,
            groups
        );
        var setup = new DenseSetup(one.Case, input, torch.ScalarType.Float32, groups);
        using var layer = new SubMConv3d(input, output, one.Kernel, groups: groups);
        var twin = new LayerTwin(layer, setup.Features);
        var dense = setup.Dense.Convolve(setup.DenseInput(twin.Features), Spread(twin.Weight, one), twin.Bias);
        twin.RequireEqual(
            layer.call(setup.Input),
            layer,
            dense,
            setup.Frame.CoarseOrigin,
            setup.Random,
            tolerance: 3e-6
        );
    }

    private static DenseSetup Setup(Variant one) => new(one.Case, one.Input, groups: one.Groups);

    private static DenseTwin Ungrouped(Variant one) =>
        new(one.Case.Kernel, one.Case.Stride, one.Case.Dilation, one.Case.Padding);

    private static torch.Tensor Ones(long rows) => torch.ones(new[] { rows, 1 }, torch.ScalarType.Float64);

    private static torch.Tensor Reached(Variant one) =>
        Spread(torch.ones(new long[] { one.Taps.Length, 1, 1 }, torch.ScalarType.Float64), one);

    /// <summary>The weight of the box, with zeros where the shape has no tap; differentiable.</summary>
    private static torch.Tensor Spread(torch.Tensor weight, Variant one)
    {
        var cells = TapLists.Box(one.Case.Kernel).Select((cell, i) => (Tensors.Key(cell), (long)i)).ToDictionary();
        var kept = torch.tensor(one.Taps.Select(tap => cells[Tensors.Key(tap)]).ToArray(), torch.ScalarType.Int64);
        var box = torch.zeros(new[] { cells.Count, weight.shape[1], weight.shape[2] }, weight.dtype);
        return box.index_copy(0, kept, weight);
    }

    private static void RequireSites(SparseTensor result, torch.Tensor occupied, int[] origin)
    {
        var rows = Tensors.Rows(result.coordinates).Select(row => Tensors.Key(row)).ToList();
        Assert.That(rows, Is.EquivalentTo(DenseTwin.Active(occupied, origin)), "sites");
    }
}
