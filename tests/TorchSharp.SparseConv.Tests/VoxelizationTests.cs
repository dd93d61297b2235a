using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Points to voxels, against dictionaries and loops.</summary>
[TestFixture]
public sealed class VoxelizationTests
{
    private const int Scans = 3;

    [Test]
    public void Each_reduction_is_that_of_the_points_in_each_voxel(
        [Values] PointReduction reduction,
        [Values(
            torch.ScalarType.Float64,
            torch.ScalarType.Float32,
            torch.ScalarType.BFloat16,
            torch.ScalarType.Float16
        )]
            torch.ScalarType type
    )
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(type);
        var options = new VoxelizationOptions { Reduction = reduction, Seed = 4 };
        var voxels = SparseTensor.voxelize(scene.Points, scene.Features, 0.5, options, scene.Batch);
        var groups = scene.Groups(voxels);
        var truth = new double[groups.Length, 2];
        for (var row = 0; row < groups.Length; row++)
        {
            for (var n = 0; n < 2; n++)
            {
                truth[row, n] = Reduce(reduction, [.. groups[row].Select(point => scene.Values[point, n])]);
            }
        }

        // One rounding of 8, 11, 24 or 53 bits, of sums up to that of a voxel.
        var step = type switch
        {
            torch.ScalarType.BFloat16 => 1.0 / 256,
            torch.ScalarType.Float16 => 1.0 / 2048,
            torch.ScalarType.Float32 => 1e-6,
            _ => 1e-14,
        };
        var actual = voxels.tensor.features;
        Assert.That(actual.dtype, Is.EqualTo(type));
        if (reduction == PointReduction.Random)
        {
            RequireChosen(scene, voxels, groups);
            return;
        }

        Assert.That(Arrays.Deviation(actual.to_type(torch.ScalarType.Float64), truth), Is.LessThanOrEqualTo(step));
    }

    [Test]
    public void The_way_back_and_the_counts_are_those_of_the_voxels()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(torch.ScalarType.Float64);
        var voxels = SparseTensor.voxelize(scene.Points, scene.Features, 0.5, batch: scene.Batch, batch_size: 5);
        var groups = scene.Groups(voxels);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.tensor.batch_size, Is.EqualTo(5));
            Assert.That(Longs(voxels.points_per_voxel), Is.EqualTo(groups.Select(group => (long)group.Count)));
            Assert.That(Longs(voxels.point_of_voxel), Is.EqualTo(groups.Select(group => (long)group[0])));
            Assert.That(voxels.dropped, Is.Zero);
            Assert.That(voxels.labels, Is.Null);
            var padded = voxels.first_points(2);
            Assert.That(padded.shape, Is.EqualTo(new[] { voxels.tensor.count, 2 }));
            Assert.That(
                Longs(padded).Chunk(2),
                Is.EqualTo(groups.Select(group => (long[])[group[0], group.Count > 1 ? group[1] : -1]))
            );
            var back = voxels.points(scene.Features).to_points(voxels.tensor, InterpolationRule.Nearest);
            var gathered = voxels.tensor.features.index_select(0, voxels.voxel_of_point);
            Assert.That(Tensors.Deviation(back.features, gathered), Is.Zero);
        }
    }

    [Test]
    public void Gradients_reach_the_points([Values] PointReduction reduction, [Values(null, 2)] int? most)
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(torch.ScalarType.Float64);
        var options = new VoxelizationOptions
        {
            Reduction = reduction,
            MaxPointsPerVoxel = most,
            Range = new PointRange([-1, -1, -1], [0.8, 1, 1]),
        };
        Differences.RequireGradient(
            scene.Features,
            () => SparseTensor.voxelize(scene.Points, scene.Features, 0.5, options, scene.Batch).tensor.features,
            new Random(2)
        );
    }

    [TestCase(torch.ScalarType.BFloat16)]
    [TestCase(torch.ScalarType.Float16)]
    public void A_gradient_in_16_bits_is_that_in_Float32_rounded(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(type);
        var narrow = scene.Features.detach().requires_grad_();
        var wide = narrow.detach().to_type(torch.ScalarType.Float32).requires_grad_();
        SparseTensor.voxelize(scene.Points, narrow, 0.5).tensor.features.sum().backward();
        SparseTensor.voxelize(scene.Points, wide, 0.5).tensor.features.sum().backward();
        Assert.That(Tensors.Deviation(narrow.grad!, wide.grad!.to_type(type)), Is.Zero);
    }

    [Test]
    public void Max_takes_not_a_number_and_gives_the_gradient_to_the_first_of_equals()
    {
        using var scope = torch.NewDisposeScope();
        var points = torch.tensor(new[] { 0.1, 0.2, 0.3, 1.5, 1.6 }, [5, 1]);
        var features = torch.tensor(new[] { -3.0, -2, -2, 7, double.NaN }, [5, 1]).requires_grad_();
        var options = new VoxelizationOptions { Reduction = PointReduction.Max };
        var result = SparseTensor.voxelize(points, features, 1, options).tensor.features;
        result.sum().backward();
        Assert.That(Arrays.Vector(result), Is.EqualTo(new[] { -2, double.NaN }));
        Assert.That(Arrays.Vector(features.grad!), Is.EqualTo(new[] { 0.0, 1, 0, 0, 1 }));
    }

    [Test]
    public void Points_outside_are_dropped_and_counted()
    {
        using var scope = torch.NewDisposeScope();
        var points = torch.tensor(new[] { 0.0, 0, 70.3, 3.9, 70.4, 0, 1, 4, 0.05, 0.05, -0.1, 1 }, [6, 2]);
        var range = new PointRange([0, 0], [70.4, 4]);
        var shape = range.Voxels((0.1, 0.5));
        var options = new VoxelizationOptions
        {
            Range = range,
            Origin = range.Low,
            SpatialShape = shape,
        };
        var voxels = SparseTensor.voxelize(points, points, (0.1, 0.5), options);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shape, Is.EqualTo((PerAxis)(704, 8)));
            Assert.That(voxels.dropped, Is.EqualTo(3));
            Assert.That(Longs(voxels.voxel_of_point), Is.EqualTo(new[] { 0, 1, -1, -1, 0, -1 }));
            Assert.That(
                Tensors.Rows(voxels.tensor.coordinates),
                Is.EqualTo(
                    (int[][])
                        [
                            [0, 0, 0],
                            [0, 702, 7],
                        ]
                )
            );
            Assert.That(voxels.tensor.spatial_shape, Is.EqualTo(shape));
            Assert.That(
                Arrays.Vector(voxels.tensor.features),
                Is.EqualTo(new[] { 0.025, 0.025, 70.3, 3.9 }).Within(1e-12)
            );
            var back = voxels.points(points).to_points(voxels.tensor, InterpolationRule.Nearest).features;
            Assert.That(Arrays.Vector(back.index_select(0, torch.tensor(new[] { 2L, 3, 5 }))), Is.All.Zero);
            Assert.That(voxels.ToString(), Is.EqualTo("2 voxels of 6 points, 3 dropped"));
        }
    }

    [Test]
    public void Nothing_inside_leaves_an_empty_tensor()
    {
        using var scope = torch.NewDisposeScope();
        var points = torch.ones(new long[] { 4, 3 });
        var features = torch.ones(new long[] { 4, 2 }).requires_grad_();
        var options = new VoxelizationOptions { Range = new PointRange([2, 2, 2], [3, 3, 3]) };
        var labels = torch.zeros(new long[] { 4 }, torch.ScalarType.Int64);
        var voxels = SparseTensor.voxelize(points, features, 0.1, options, labels: labels);
        voxels.tensor.features.sum().backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voxels.tensor.count, voxels.dropped, voxels.tensor.batch_size), Is.EqualTo((0L, 4L, 1)));
            Assert.That(voxels.labels!.shape, Is.EqualTo(new[] { 0L }));
            Assert.That(Arrays.Vector(features.grad!.to_type(torch.ScalarType.Float64)), Is.All.Zero);
        }
    }

    [Test]
    public void Labels_are_those_of_most_points_and_the_ignored_one_has_no_vote()
    {
        using var scope = torch.NewDisposeScope();
        var points = torch.tensor(new[] { 0.1, 0.2, 0.3, 1.1, 1.2, 2.1, 2.2, 2.3, 9 }, [9, 1]);
        var labels = torch.tensor(new[] { 5L, 0, 0, 6, 3, 0, 0, 1, 4 });
        var options = new VoxelizationOptions { IgnoreLabel = 0, Range = new PointRange([0], [3]) };
        var voxels = SparseTensor.voxelize(points, null, 1, options, labels: labels);
        Assert.That(Longs(voxels.labels!), Is.EqualTo(new[] { 5, 3, 1 }));
        var first = new VoxelizationOptions { MaxPointsPerVoxel = 1 };
        var of_first = SparseTensor.voxelize(points, null, 1, first, labels: labels);
        Assert.That(Longs(of_first.labels!), Is.EqualTo(new[] { 5, 6, 0, 4 }));
        var none = SparseTensor.voxelize(
            points,
            null,
            20,
            new() { IgnoreLabel = 9 },
            labels: torch.full_like(labels, 9)
        );
        Assert.That(Longs(none.labels!), Is.EqualTo(new[] { 9 }));
    }

    [Test]
    public void A_list_of_scans_is_a_batch_with_its_empty_scans()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(6);
        torch.Tensor[] scans = [.. new[] { 30, 0, 20, 0 }.Select(size => Points(size) * 2)];
        torch.Tensor[] features = [.. scans.Select(scan => scan * 3)];
        torch.Tensor[] labels = [.. scans.Select(scan => torch.full(new[] { scan.shape[0] }, 2L))];
        var voxels = SparseTensor.voxelize(scans, features, 0.5, labels: labels);
        var one = SparseTensor.voxelize(
            torch.cat(scans),
            torch.cat(features),
            0.5,
            batch: torch.tensor(
                new[] { Enumerable.Repeat(0L, 30), Enumerable.Repeat(2L, 20) }.SelectMany(b => b).ToArray()
            ),
            batch_size: 4
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.tensor.batch_size, Is.EqualTo(4));
            Assert.That(Tensors.Rows(voxels.tensor.coordinates), Is.EqualTo(Tensors.Rows(one.tensor.coordinates)));
            Assert.That(Tensors.Deviation(voxels.tensor.features, one.tensor.features), Is.Zero);
            Assert.That(Longs(voxels.voxel_of_point), Is.EqualTo(Longs(one.voxel_of_point)));
            Assert.That(Longs(voxels.labels!), Is.All.EqualTo(2));
        }

        torch.Tensor Points(int size) => Tensors.Random(random, torch.ScalarType.Float64, size, 3);
    }

    [Test]
    public void Voxels_beyond_the_limit_of_a_scan_are_dropped_with_their_points()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(torch.ScalarType.Float64);
        var all = SparseTensor.voxelize(scene.Points, scene.Features, 0.5, batch: scene.Batch);
        var options = new VoxelizationOptions { MaxVoxelsPerScan = 4 };
        var few = SparseTensor.voxelize(scene.Points, scene.Features, 0.5, options, scene.Batch);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(few.tensor.count, Is.EqualTo(4 * Scans));
            Assert.That(few.dropped, Is.EqualTo(Longs(few.voxel_of_point).Count(row => row < 0)).And.Positive);
            var rows = all.tensor.rows_of(few.tensor.coordinates);
            Assert.That(
                Tensors.Deviation(few.tensor.features, all.tensor.features.index_select(0, rows)),
                Is.Zero,
                "the voxels that stay are as they were"
            );
        }
    }

    [Test]
    public void Random_choices_and_all_sums_are_the_same_for_any_number_of_threads([Values] PointReduction reduction)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(8);
        var points = Tensors.Random(random, torch.ScalarType.Float32, 60_000, 3);
        var features = Tensors.Random(random, torch.ScalarType.Float32, 60_000, 5).requires_grad_();
        var options = new VoxelizationOptions { Reduction = reduction, Seed = 77 };
        var results = new List<(float[] Values, float[] Gradient)>();
        try
        {
            foreach (var count in (int[])[1, 2, 3, 2])
            {
                SparseConvRuntime.Threads = count;
                var result = SparseTensor.voxelize(points, features, 0.1, options).tensor.features;
                features.grad?.zero_();
                result.pow(2).sum().backward();
                results.Add((Floats(result), Floats(features.grad!)));
            }
        }
        finally
        {
            SparseConvRuntime.Threads = 0;
        }

        foreach (var (values, gradient) in results)
        {
            Assert.That(values.AsSpan().SequenceEqual(results[0].Values), "values, bit for bit");
            Assert.That(gradient.AsSpan().SequenceEqual(results[0].Gradient), "gradients, bit for bit");
        }
    }

    [Test]
    public void A_seed_gives_its_choice_and_another_one_another()
    {
        using var scope = torch.NewDisposeScope();
        var scene = new Scene(torch.ScalarType.Float64);
        var (one, same, other) = (Choose(1), Choose(1), Choose(2));
        Assert.That(same, Is.EqualTo(one));
        Assert.That(other, Is.Not.EqualTo(one));

        long[] Choose(long seed)
        {
            var options = new VoxelizationOptions { Reduction = PointReduction.Random, Seed = seed };
            return Longs(SparseTensor.voxelize(scene.Points, null, 0.5, options, scene.Batch).point_of_voxel);
        }
    }

    [Test]
    public void Bad_input_is_named_before_anything_is_made()
    {
        using var scope = torch.NewDisposeScope();
        var points = torch.zeros(new long[] { 3, 2 });
        var ones = torch.ones(new long[] { 3, 1 });
        var live = LiveObjects.Settled();
        using (Assert.EnterMultipleScope())
        {
            Refuse(
                () => Make(torch.tensor(new[] { 0f, 0, 0, float.NaN }, [2, 2])),
                "points",
                "NaN on axis 1 of point 1"
            );
            Refuse(() => Make(points, torch.ones(new long[] { 4, 1 })), "features", "4 rows for 3");
            Refuse(() => Make(points, ones.to_type(torch.ScalarType.Int32)), "features", "Int32");
            Refuse(() => Make(points, labels: torch.zeros(new long[] { 3 })), "labels", "Float32");
            Refuse(() => Make(points, labels: torch.zeros(new long[] { 2 }, torch.ScalarType.Int64)), "labels", "[2]");
            Refuse(() => Make(points, options: new() { MaxPointsPerVoxel = 0 }), "options", "MaxPointsPerVoxel is 0");
            Refuse(() => Make(points, options: new() { MaxVoxelsPerScan = 0 }), "options", "MaxVoxelsPerScan is 0");
            Refuse(() => Make(points, options: new() { Reduction = (PointReduction)9 }), "options", "Reduction is 9");
            Refuse(() => Make(points, options: new() { Range = new([0], [1]) }), "low", "1 values");
            Refuse(() => Make(points, batch: torch.tensor(new[] { 0, -1, 0 })), "batch", "batch index -1 at point 1");
            Refuse(() => SparseTensor.voxelize([], null, 1), "scans", "empty");
            Refuse(() => SparseTensor.voxelize([points], [ones, ones], 1), "features", "2 scans, must have 1");
            Refuse(() => SparseTensor.voxelize([points], [torch.ones(2, 1)], 1), "features", "[2, 1]");
            Refuse(() => _ = new PointRange([0, 1], [1, 1]), "high", "1 to 1");
            Refuse(() => _ = new PointRange([0, 1], [1]), "high", "1 values");
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live));
        }

        static void Make(
            torch.Tensor points,
            torch.Tensor? features = null,
            VoxelizationOptions? options = null,
            torch.Tensor? batch = null,
            torch.Tensor? labels = null
        ) => SparseTensor.voxelize(points, features, 0.5, options, batch, labels: labels);
    }

    internal static void Refuse(Action call, string parameter, string message)
    {
        var refused = Assert.Catch<ArgumentException>(() => call());
        Assert.That(refused?.ParamName, Is.EqualTo(parameter));
        Assert.That(refused?.Message, Does.Contain(message));
    }

    private static long[] Longs(torch.Tensor tensor) => tensor.data<long>().ToArray();

    private static float[] Floats(torch.Tensor tensor) => tensor.detach().data<float>().ToArray();

    private static double Reduce(PointReduction reduction, double[] values) =>
        reduction switch
        {
            PointReduction.Mean => values.Average(),
            PointReduction.Sum => values.Sum(),
            PointReduction.Max => values.Max(),
            _ => values[0],
        };

    private static void RequireChosen(Scene scene, Voxelization voxels, List<int>[] groups)
    {
        var chosen = Longs(voxels.point_of_voxel);
        var expected = scene.Features.index_select(0, voxels.point_of_voxel);
        Assert.That(Tensors.Deviation(voxels.tensor.features, expected), Is.Zero);
        Assert.That(groups.Zip(chosen, (group, point) => group.Contains((int)point)), Is.All.True);
        Assert.That(groups.Zip(chosen, (group, point) => group[0] == point), Has.Some.False, "not always the first");
    }

    /// <summary>Random points of a few scans, several in most voxels of 0.5.</summary>
    private sealed class Scene
    {
        internal Scene(torch.ScalarType type)
        {
            var random = new Random(11);
            Points = Tensors.Random(random, torch.ScalarType.Float64, 400, 3);
            Features = Tensors.Random(random, type, 400, 2);
            Values = Arrays.Matrix(Features.to_type(torch.ScalarType.Float64));
            Batch = torch.tensor(Enumerable.Range(0, 400).Select(_ => random.Next(Scans)).ToArray());
        }

        internal torch.Tensor Points { get; }

        internal torch.Tensor Features { get; }

        internal double[,] Values { get; }

        internal torch.Tensor Batch { get; }

        /// <summary>The points in the voxel of each row, ascending, by their coordinates alone.</summary>
        internal List<int>[] Groups(Voxelization voxels)
        {
            var places = Arrays.Matrix(Points);
            var scans = Batch.data<int>().ToArray();
            var rows = Tensors.Rows(voxels.tensor.coordinates);
            var groups = rows.ToDictionary(Tensors.Key, _ => new List<int>(), StringComparer.Ordinal);
            for (var point = 0; point < scans.Length; point++)
            {
                var cell = Enumerable.Range(0, 3).Select(axis => (int)Math.Floor(places[point, axis] / 0.5));
                groups[Tensors.Key([scans[point], .. cell])].Add(point);
            }

            Assert.That(groups.Values, Has.None.Empty);
            return [.. rows.Select(row => groups[Tensors.Key(row)])];
        }
    }
}
