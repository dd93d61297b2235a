using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Local pooling against PyTorch's dense one, brute force by the law, and central differences; float64.</summary>
[TestFixture]
public sealed class PoolingTests
{
    private const double Tolerance = 1e-12;
    private const long Channels = 3;

    private static readonly Scalar Zero = 0;
    private static readonly Scalar Lowest = double.NegativeInfinity;

    private static IEnumerable<Case> DenseCases => Enumerable.Range(1, 3).SelectMany(Case.Strided);

    private static IEnumerable<Case> AllCases =>
        DenseCases.Concat(Case.Strided(4).Where((_, i) => i % 4 == 2 || i > 29));

    [TestCaseSource(nameof(DenseCases))]
    public void Max_pooling_is_the_dense_one_over_minus_infinity(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new Setup(one);
        var outside = setup.Occupied().eq(Zero).expand_as(setup.Dense());
        var dense = functional.pad(
            setup.Dense().masked_fill(outside, Lowest),
            setup.DensePadding(),
            value: double.NegativeInfinity
        );
        var (size, stride, dilation) = (Long(one.Kernel), Long(one.Stride), Long(one.Dilation));
        var expected = one.Dimensions switch
        {
            1 => functional.max_pool1d(dense, size[0], stride[0], 0, dilation[0]),
            2 => functional.max_pool2d(dense, size, stride, [0, 0], dilation),
            _ => functional.max_pool3d(dense, size, stride, [0, 0, 0], dilation),
        };
        setup.RequireEqual(Pools.Layer(one, PoolingKind.Max), expected);
    }

    [TestCaseSource(nameof(DenseCases))]
    public void Average_pooling_over_the_volume_is_the_dense_one(Case one)
    {
        using var scope = torch.NewDisposeScope();
        var setup = new Setup(one with { Dilation = Case.Same(1, one.Dimensions) });
        var dense = functional.pad(setup.Dense(), setup.DensePadding());
        var (size, stride) = (Long(one.Kernel), Long(one.Stride));
        var expected = one.Dimensions switch
        {
            1 => functional.avg_pool1d(dense, size[0], stride[0]),
            2 => functional.avg_pool2d(dense, size, stride),
            _ => functional.avg_pool3d(dense, size, stride),
        };
        setup.RequireEqual(Pools.Layer(setup.One, PoolingKind.MeanOverVolume), expected);
    }

    [Test, Combinatorial]
    public void Pooling_is_brute_force_by_the_law(
        [ValueSource(nameof(AllCases))] Case one,
        [Values] PoolingKind kind,
        [Values] StridedSites sites
    )
    {
        using var scope = torch.NewDisposeScope();
        var setup = new Setup(one);
        RequireOracle(setup, kind, Pools.Layer(one, kind, sites).call(setup.Input));
    }

    [Test]
    public void Pooling_to_given_sites_is_brute_force_by_the_law([Values] PoolingKind kind)
    {
        using var scope = torch.NewDisposeScope();
        var one = Case.Strided(3).ElementAt(14);
        var setup = new Setup(one);
        using var layer = Pools.Layer(one, kind);

        // Some of them see no voxel, and become 0.
        var sites = Cloud.Random(setup.Random, setup.Frame.CoarseShape, setup.Frame.CoarseOrigin, 2, 25);
        var result = layer.call(setup.Input, sites.Coordinates());
        Assert.That(Tensors.Rows(result.coordinates), Is.EqualTo(sites.Rows));
        var again = layer.call(setup.Input.with_features(setup.Features.detach()), result);
        Assert.That(again.map, Is.SameAs(result.map));
        Assert.That(Tensors.Deviation(again.features, result.features), Is.Zero);
        RequireOracle(setup, kind, result);
    }

    [Test]
    public void Pooling_at_its_own_sites_needs_only_to_be_told()
    {
        using var scope = torch.NewDisposeScope();
        var one = Case.Submanifold(2).ElementAt(4);
        var setup = new Setup(one);
        var result = Pools.Layer(one, PoolingKind.Max).call(setup.Input, setup.Input);
        Assert.That(result.map, Is.SameAs(setup.Input.map));
        RequireOracle(setup, PoolingKind.Max, result);
    }

    [Test]
    public void Central_differences_agree_with_backward([Values] PoolingKind kind, [Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var one = Case.Strided(dimensions).ElementAt(14) with { Voxels = 30 };
        var setup = new Setup(one);
        using var layer = Pools.Layer(one, kind);
        Differences.RequireGradient(setup.Features, () => layer.call(setup.Input).features, setup.Random);
    }

    [Test]
    public void Negative_features_stay_negative_and_equal_ones_give_their_gradient_to_the_lowest_row()
    {
        using var scope = torch.NewDisposeScope();
        var features = torch.tensor(new[] { -3.0, -2.0, -2.0, -5.0 }, [4, 1]).requires_grad_();
        int[][] rows =
        [
            [0, 1],
            [0, 0],
            [0, 2],
            [0, 5],
        ];
        using var layer = new SparseMaxPool1d(3, stride: 3);
        var result = layer.call(new SparseTensor(features, Tensors.Coordinates(rows, 1)));
        result.features.sum().backward();
        Assert.That(Arrays.Vector(result.features).Order(), Is.EqualTo(new[] { -5.0, -2.0 }));
        Assert.That(Arrays.Vector(features.grad!), Is.EqualTo(new[] { 0.0, 1.0, 0.0, 1.0 }));
    }

    [TestCase(torch.ScalarType.Float32)]
    [TestCase(torch.ScalarType.Float64)]
    public void Many_channels_of_either_type_are_pooled(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(5);
        var cloud = Cloud.Random(random, [40, 40, 8], [-20, -20, -4], 3, 4000);
        var features = Tensors.Random(random, type, cloud.Rows.Length, 70);
        var one = new Case(3, [3, 3, 3], [2, 2, 2], [1, 1, 1], [1, 1, 1], Bounded: false, Voxels: 0, Seed: 0);
        var result = Pools.Layer(one, PoolingKind.Mean).call(new SparseTensor(features, cloud.Coordinates()));
        var gradient = new double[result.count, 70];
        var (expected, _) = Pools.Run(
            new BruteForce(one.Kernel, one.Stride, one.Dilation, one.Padding),
            PoolingKind.Mean,
            cloud.Rows,
            Tensors.Rows(result.coordinates),
            Arrays.Matrix(features.to_type(torch.ScalarType.Float64)),
            gradient
        );
        Assert.That(result.features.dtype, Is.EqualTo(type));
        Assert.That(
            Arrays.Deviation(result.features.to_type(torch.ScalarType.Float64), expected),
            Is.LessThan(type == torch.ScalarType.Float32 ? 1e-6 : 1e-14)
        );
    }

    [Test]
    public void Layers_are_members_of_torch_nn()
    {
        using var layer = torch.nn.SparseAvgPool4d((1, 2, 2, 2), divisor: AverageDivisor.KernelVolume);
        Assert.That(layer.stride, Is.EqualTo(new PerAxis(1, 2, 2, 2)));
        Assert.That(torch.nn.SparseMaxPool1d(2).kernel_size, Is.EqualTo(new PerAxis(2)));
    }

    [Test]
    public void Input_of_another_number_of_axes_is_refused()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(
            torch.ones(1, 1),
            Tensors.Coordinates(
                [
                    [0, 0, 0],
                ],
                2
            )
        );
        using var layer = new SparseMaxPool3d(2);
        Assert.That(
            () => layer.call(input),
            Throws.ArgumentException.With.Message.Contains("input has 2 spatial axes, SparseMaxPool3d takes 3")
        );
        Assert.That(
            () => new SparseMaxPool2d(2).call(input, input),
            Throws.ArgumentException.With.Message.Contains("sites have stride (1, 1), must have (2, 2)")
        );
        Assert.That(
            () => new SparseAvgPool2d(2, divisor: (AverageDivisor)7),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("divisor is 7")
        );
    }

    private static void RequireOracle(Setup setup, PoolingKind kind, SparseTensor result)
    {
        var gradient = Tensors.Random(setup.Random, torch.ScalarType.Float64, result.count, Channels);
        (result.features * gradient).sum().backward();
        var (output, gradFeatures) = Pools.Run(
            new BruteForce(setup.One.Kernel, setup.One.Stride, setup.One.Dilation, setup.One.Padding),
            kind,
            setup.Cloud.Rows,
            Tensors.Rows(result.coordinates),
            Arrays.Matrix(setup.Features),
            Arrays.Matrix(gradient)
        );
        Assert.That(Arrays.Deviation(result.features, output), Is.LessThan(Tolerance), "output");
        Assert.That(Arrays.Deviation(setup.Features.grad!, gradFeatures), Is.LessThan(Tolerance), "gradient");
    }

    private static long[] Long(int[] values) => [.. values.Select(value => (long)value)];

    /// <summary>Cloud, sparse input and dense frame of a case.</summary>
    private sealed class Setup
    {
        internal Setup(Case one)
        {
            One = one;
            Random = new Random(one.Seed);
            Cloud = one.Cloud(Random);
            Frame = new Frame(one, Cloud);
            Features = Tensors.Random(Random, torch.ScalarType.Float64, Cloud.Rows.Length, Channels).requires_grad_();
            PerAxis? shape = one.Bounded ? new PerAxis(Cloud.Shape) : null;
            Input = new SparseTensor(Features, Cloud.Coordinates(), Cloud.Batches, shape);
            Twin = Features.detach().clone().requires_grad_();
        }

        internal Case One { get; }

        internal Random Random { get; }

        internal Cloud Cloud { get; }

        internal Frame Frame { get; }

        internal torch.Tensor Features { get; }

        internal SparseTensor Input { get; }

        private torch.Tensor Twin { get; }

        internal torch.Tensor Dense() =>
            DenseTwin.Densify(Twin, Cloud.Rows, Cloud.Batches, Frame.FineOrigin, Frame.FineShape);

        internal torch.Tensor Occupied() =>
            DenseTwin.Densify(
                torch.ones(new[] { Cloud.Rows.Length, 1L }, torch.ScalarType.Float64),
                Cloud.Rows,
                Cloud.Batches,
                Frame.FineOrigin,
                Frame.FineShape
            );

        /// <summary>The padding on both sides of each axis, the last axis first, as functional.pad takes it.</summary>
        internal long[] DensePadding() =>
            [.. One.Padding.Reverse().SelectMany(padding => new long[] { padding, padding })];

        internal void RequireEqual(SparsePoolNd layer, torch.Tensor dense)
        {
            var result = layer.call(Input);
            var expected = DenseTwin.Read(dense, Tensors.Rows(result.coordinates), Frame.CoarseOrigin);
            var gradient = Tensors.Random(Random, torch.ScalarType.Float64, expected.shape);
            (result.features * gradient).sum().backward();
            (expected * gradient).sum().backward();
            Assert.That(Tensors.Deviation(result.features, expected), Is.LessThan(Tolerance), "output");
            Assert.That(Tensors.Deviation(Features.grad!, Twin.grad!), Is.LessThan(Tolerance), "gradient");
        }
    }
}
