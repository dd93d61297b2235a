using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Voxels at points and back: loops over all voxels, central differences, and PyTorch's grid_sample.</summary>
[TestFixture]
public sealed class InterpolationTests
{
    private static IEnumerable<InterpolationRule> Rules =>
        [InterpolationRule.Nearest, InterpolationRule.Linear, InterpolationRule.Dense, InterpolationRule.TorchSparse];

    [Test, Combinatorial]
    public void Features_at_points_are_those_of_the_voxels_around(
        [Values(1, 2, 3, 4)] int dimensions,
        [ValueSource(nameof(Rules))] InterpolationRule rule
    )
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(dimensions, torch.ScalarType.Float64);
        var links = scene.Voxels.link(scene.Points, rule, scene.Batch);
        var weights = scene.Weights(rule);
        Assert.That(
            Arrays.Deviation(scene.Voxels.interpolate(links), Product(weights, scene.Values)),
            Is.LessThan(1e-13)
        );
        var random = new Random(3);
        Differences.RequireGradient(scene.Voxels.features, () => scene.Voxels.interpolate(links), random);
        var values = Tensors.Random(random, torch.ScalarType.Float64, Scene.Count, 3);
        foreach (var kind in Enum.GetValues<SplatKind>())
        {
            var truth = Splat(weights, Arrays.Matrix(values), kind);
            Assert.That(Arrays.Deviation(scene.Voxels.splat(values, links, kind).features, truth), Is.LessThan(1e-13));
            Differences.RequireGradient(values, () => scene.Voxels.splat(values, links, kind).features, random);
            values = values.detach();
        }
    }

    [Test]
    public void Sixteen_bits_are_summed_in_Float32(
        [Values(torch.ScalarType.BFloat16, torch.ScalarType.Float16)] torch.ScalarType type,
        [Values(null, SplatKind.Sum, SplatKind.Mean, SplatKind.Max)] SplatKind? kind
    )
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(3, type);
        var links = scene.Voxels.link(scene.Points, null, scene.Batch);
        var narrow = (kind is null ? scene.Voxels.features : Points()).detach().requires_grad_();
        var wide = narrow.detach().to_type(torch.ScalarType.Float32).requires_grad_();
        var (result, truth) = (Run(narrow), Run(wide));
        result.sum().backward();
        truth.sum().backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.dtype, Is.EqualTo(type));
            Assert.That(Tensors.Deviation(result, truth.to_type(type)), Is.Zero, "rounded once");
            Assert.That(Tensors.Deviation(narrow.grad!, wide.grad!.to_type(type)), Is.Zero);
        }

        torch.Tensor Points() => Tensors.Random(new Random(4), type, Scene.Count, 3);
        torch.Tensor Run(torch.Tensor values) =>
            kind is { } way
                ? scene.Voxels.splat(values, links, way).features
                : scene.Voxels.with_features(values).interpolate(links);
    }

    [TestCase(2)]
    [TestCase(3)]
    public void Dense_interpolation_is_grid_sample(int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(5);
        PerAxis shape = [.. new[] { 6, 5, 7 }.Take(dimensions)];
        var cloud = Cloud.Random(random, [.. shape], new int[dimensions], 2, 60);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 3).requires_grad_();
        var voxels = new SparseTensor(features, cloud.Coordinates(), 2, shape);
        var points = Tensors.Random(random, torch.ScalarType.Float64, 400, dimensions) * 5 + 3;
        var batch = torch.tensor(Enumerable.Range(0, 400).Select(i => i / 200).ToArray());
        var result = voxels.interpolate(voxels.link(points, InterpolationRule.Dense, batch));
        result.pow(2).sum().backward();
        var actual = features.grad!.clone();
        features.grad!.zero_();

        // grid_sample counts from -1 to 1 over the whole picture, the last axis first.
        var extent = torch.tensor(shape.Select(size => (double)size).ToArray());
        var grid = (points / extent * 2 - 1)
            .flip(1)
            .view([2, 200, .. Enumerable.Repeat(1L, dimensions - 1), dimensions]);
        var expected = functional.grid_sample(voxels.dense(), grid, align_corners: false).view(2, 3, 200);
        expected.pow(2).sum().backward();
        Assert.That(Tensors.Deviation(result, expected.permute(0, 2, 1).reshape(400, 3)), Is.LessThan(1e-12));
        Assert.That(Tensors.Deviation(actual, features.grad!), Is.LessThan(1e-12));
    }

    [Test]
    public void World_units_strides_and_origin_meet_in_the_same_voxels()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(6);
        var points = Tensors.Random(random, torch.ScalarType.Float64, 300, 3) * 4;
        double[] origin = [-0.3, 0.7, 1.1];
        var options = new VoxelizationOptions { Origin = origin };
        var voxels = SparseTensor.voxelize(points, points, (0.3, 0.2, 0.1), options).tensor;
        using var down = torch.nn.SparseSumPool3d((4, 3, 5), (4, 3, 5), sites: StridedSites.Downsample);
        var coarse = down.call(voxels);
        var there = coarse.link(points, InterpolationRule.Nearest, voxel_size: (0.3, 0.2, 0.1), origin: origin);
        Assert.That(there.Count, Is.EqualTo(300), "every point is in a voxel of the coarse level");
        var level = (points - torch.tensor(origin)) / torch.tensor(new[] { 1.2, 0.6, 0.5 });
        foreach (var rule in Rules)
        {
            var world = coarse.link(points, rule, voxel_size: (0.3, 0.2, 0.1), origin: origin).Read();
            var own = coarse.link(level, rule).Read();
            Assert.That(world.Rows, Is.EqualTo(own.Rows));
            Assert.That(world.Weights, Is.EqualTo(own.Weights).Within(1e-12));
        }
    }

    [Test]
    public void A_constant_stays_a_constant_where_it_is_renormalised_and_values_stand_at_their_anchor()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(3, torch.ScalarType.Float32);
        var ones = scene.Voxels.with_features(torch.ones(new[] { scene.Voxels.count, 1 }));
        var links = scene.Voxels.link(scene.Points, InterpolationRule.Linear, scene.Batch);
        var read = ones.interpolate(links);
        Assert.That(
            read.data<float>().ToArray(),
            Has.All.EqualTo(0).Within(1e-6).Or.EqualTo(1).Within(1e-6).And.Some.EqualTo(1)
        );
        foreach (var anchor in Enum.GetValues<VoxelAnchor>())
        {
            var points = PointTensor.of(scene.Voxels, anchor);
            var rule = new InterpolationRule(InterpolationKind.Linear, MissingVoxels.Zero, anchor);
            var back = points.to_points(scene.Voxels, rule);
            Assert.That(Tensors.Deviation(back.features, scene.Voxels.features), Is.Zero, $"{anchor}");
        }
    }

    [Test]
    public void Nothing_is_no_trouble()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(3, torch.ScalarType.Float32);
        var empty = new SparseTensor(torch.zeros(0, 3), torch.zeros(0, 4, torch.ScalarType.Int32), 2);
        foreach (var rule in Rules)
        {
            using var to_nothing = empty.link(scene.Points, rule, scene.Batch);
            using var of_nothing = scene.Voxels.link(torch.zeros(0, 3), rule);
            Assert.That(empty.interpolate(to_nothing).abs().sum().item<float>(), Is.Zero);
            Assert.That(
                empty.splat(torch.ones(Scene.Count, 2), to_nothing).features.shape,
                Is.EqualTo(new[] { 0L, 2 })
            );
            var values = torch.ones(0, 2).requires_grad_();
            var splat = scene.Voxels.splat(values, of_nothing, SplatKind.Max).features;
            splat.sum().backward();
            Assert.That(splat.abs().sum().item<float>(), Is.Zero);
            Assert.That(values.grad!.shape, Is.EqualTo(new[] { 0L, 2 }));
            Assert.That(scene.Voxels.interpolate(of_nothing).shape, Is.EqualTo(new[] { 0L, 3 }));
        }
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(2, torch.ScalarType.Float32);
        var other = new Scene(2, torch.ScalarType.Float32).Voxels;
        using var links = scene.Voxels.link(scene.Points);
        using (Assert.EnterMultipleScope())
        {
            VoxelizationTests.Refuse(() => other.interpolate(links), "links", "must lead to this level");
            VoxelizationTests.Refuse(() => other.splat(scene.Points, links), "links", "must lead to this level");
            VoxelizationTests.Refuse(() => scene.Voxels.splat(torch.ones(3, 2), links), "values", "[3, 2]");
            VoxelizationTests.Refuse(() => scene.Voxels.link(torch.ones(3, 3)), "points", "3 axes, must have the 2");
            VoxelizationTests.Refuse(
                () => scene.Voxels.link(torch.full(new long[] { 1, 2 }, float.NaN)),
                "points",
                "on axis 0 of point 0"
            );
            VoxelizationTests.Refuse(() => scene.Voxels.link(scene.Points, origin: [0, 0]), "origin", "voxel_size");
            VoxelizationTests.Refuse(
                () => scene.Voxels.link(scene.Points, voxel_size: (1, 1, 1)),
                "voxel_size",
                "(1, 1, 1)"
            );
        }
    }

    private static double[,] Product(double[,] weights, double[,] values)
    {
        var result = new double[weights.GetLength(0), values.GetLength(1)];
        for (var i = 0; i < result.GetLength(0); i++)
        {
            for (var row = 0; row < values.GetLength(0); row++)
            {
                for (var n = 0; n < result.GetLength(1); n++)
                {
                    result[i, n] += weights[i, row] * values[row, n];
                }
            }
        }

        return result;
    }

    private static double[,] Splat(double[,] weights, double[,] values, SplatKind kind)
    {
        var result = new double[weights.GetLength(1), values.GetLength(1)];
        for (var row = 0; row < result.GetLength(0); row++)
        {
            int[] linked = [.. Enumerable.Range(0, values.GetLength(0)).Where(i => weights[i, row] > 0)];
            var total = linked.Sum(i => weights[i, row]);
            for (var n = 0; n < result.GetLength(1) && linked.Length > 0; n++)
            {
                result[row, n] =
                    kind == SplatKind.Max
                        ? linked.Max(i => values[i, n])
                        : linked.Sum(i => weights[i, row] * values[i, n]) / (kind == SplatKind.Mean ? total : 1);
            }
        }

        return result;
    }

    /// <summary>Voxels with holes, and points in them, between them and outside.</summary>
    private sealed class Scene
    {
        internal const int Count = 120;

        private readonly Cloud _cloud;
        private readonly double[,] _places;
        private readonly int[] _scans;

        internal Scene(int dimensions, torch.ScalarType type)
        {
            var random = new Random(20 + dimensions);
            var side = dimensions switch
            {
                1 => 60,
                2 => 9,
                _ => 4,
            };
            int[] shape = [.. Enumerable.Repeat(side, dimensions)];
            int[] origin = [.. Enumerable.Repeat(-2, dimensions)];
            _cloud = Cloud.Random(random, shape, origin, 2, 60);
            Voxels = new SparseTensor(Tensors.Random(random, type, _cloud.Rows.Length, 3), _cloud.Coordinates(), 2);
            Values = Arrays.Matrix(Voxels.features.to_type(torch.ScalarType.Float64));
            var half = (side / 2.0) + 1;
            Points = Tensors.Random(random, torch.ScalarType.Float64, Count, dimensions) * half + (half - 3);
            _places = Arrays.Matrix(Points);
            _scans = [.. Enumerable.Range(0, Count).Select(_ => random.Next(2))];
            Batch = torch.tensor(_scans);
        }

        internal SparseTensor Voxels { get; }

        internal double[,] Values { get; }

        internal torch.Tensor Points { get; }

        internal torch.Tensor Batch { get; }

        /// <summary>[points, voxels]: a hat of width 1 around where each voxel's value stands, or the voxel itself.</summary>
        internal double[,] Weights(InterpolationRule rule)
        {
            var weights = new double[Count, _cloud.Rows.Length];
            for (var i = 0; i < Count; i++)
            {
                var sum = 0.0;
                for (var row = 0; row < _cloud.Rows.Length; row++)
                {
                    weights[i, row] = _cloud.Rows[row][0] == _scans[i] ? Weight(rule, i, _cloud.Rows[row]) : 0;
                    sum += weights[i, row];
                }

                for (
                    var row = 0;
                    row < _cloud.Rows.Length && rule.Missing == MissingVoxels.Renormalize && sum > 0;
                    row++
                )
                {
                    weights[i, row] /= sum;
                }
            }

            return weights;
        }

        private double Weight(InterpolationRule rule, int point, int[] voxel)
        {
            var anchor = rule.Anchor == VoxelAnchor.Center ? 0.5 : 0;
            return Enumerable
                .Range(0, voxel.Length - 1)
                .Select(axis => _places[point, axis] - voxel[axis + 1])
                .Select(inside =>
                    rule.Kind == InterpolationKind.Nearest
                        ? (inside is >= 0 and < 1 ? 1.0 : 0)
                        : Math.Max(0, 1 - Math.Abs(inside - anchor))
                )
                .Aggregate(1.0, (product, weight) => product * weight);
        }
    }
}
