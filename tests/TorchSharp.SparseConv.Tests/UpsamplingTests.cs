using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Unpooling and nearest up-sampling against PyTorch, the definition, and central differences; float64.</summary>
[TestFixture]
public sealed class UpsamplingTests
{
    [Test]
    public void Unpooling_is_the_dense_one_where_kernels_do_not_overlap()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(1);
        var dense = Tensors.Random(random, torch.ScalarType.Float64, 2, 3, 6, 4, 8);
        var input = SparseTensor.from_dense(dense);
        using var pool = new SparseMaxPool3d(2);
        using var unpool = new SparseMaxUnpool();
        var (pooled, rows) = pool.forward_with_rows(input);
        var result = unpool.call(pooled, rows);

        var (values, indices) = functional.max_pool3d_with_indices(dense, [2, 2, 2]);
        var expected = torch
            .zeros(new long[] { 2, 3, 6 * 4 * 8 }, torch.ScalarType.Float64)
            .scatter(2, indices.view(2, 3, -1), values.view(2, 3, -1))
            .view(2, 3, 6, 4, 8);
        Assert.That(result.map, Is.SameAs(input.map));
        Assert.That(Tensors.Deviation(result.dense(), expected), Is.Zero);
    }

    [Test]
    public void What_overlapping_kernels_took_from_one_voxel_is_added_up_and_gradients_agree()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(2);
        var cloud = Cloud.Random(random, [6, 6], [0, 0], 2, 30);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 2);
        var input = new SparseTensor(features, cloud.Coordinates());
        using var pool = new SparseMaxPool2d(3, stride: 2, padding: 1);
        using var unpool = new SparseMaxUnpool();
        var (pooled, rows) = pool.forward_with_rows(input);
        var taken = Tensors.Rows(rows.rows);
        var expected = new double[cloud.Rows.Length, 2];
        var values = Arrays.Matrix(pooled.features);
        for (var row = 0; row < taken.Length; row++)
        {
            for (var channel = 0; channel < 2; channel++)
            {
                expected[taken[row][channel], channel] += values[row, channel];
            }
        }

        Assert.That(Arrays.Deviation(unpool.call(pooled, rows).features, expected), Is.LessThan(1e-15));
        Differences.RequireGradient(
            features,
            () =>
            {
                var (output, at) = pool.forward_with_rows(input);
                return unpool.call(output, at).features;
            },
            random
        );
        Assert.That(
            () => unpool.call(input, rows),
            Throws.ArgumentException.With.Message.Contains("must be on the sites that the pooling wrote")
        );
        Assert.That(
            () => unpool.call(pooled.with_features(torch.ones(pooled.count, 5)), rows),
            Throws.ArgumentException.With.Message.Contains("input has 5 channels, must have the 2")
        );
    }

    [Test]
    public void Generated_sites_are_those_of_the_dense_interpolation([Values(1, 2, 3)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(dimensions);
        long[] shape = [2, 3, .. Enumerable.Repeat(4L, dimensions)];
        var fine = Tensors.Random(random, torch.ScalarType.Float64, [.. shape.Select((size, i) => i < 2 ? size : 12)]);
        var coarse = SparseTensor.from_dense(fine);
        using var pool = Pools.Layer(
            new Case(
                dimensions,
                Case.Same(3, dimensions),
                Case.Same(3, dimensions),
                Case.Same(1, dimensions),
                Case.Same(0, dimensions),
                false,
                0,
                0
            ),
            PoolingKind.Max
        );
        coarse = pool.call(coarse);
        var features = Tensors.Random(random, torch.ScalarType.Float64, coarse.count, 3);
        coarse = coarse.with_features(features);
        using var upsample = new SparseUpsample(3, TransposedSites.Generate);
        var result = upsample.call(coarse);
        var expected = functional.interpolate(coarse.dense(), scale_factor: [.. Enumerable.Repeat(3.0, dimensions)]);
        Assert.That(result.stride, Is.EqualTo(PerAxis.Repeat(1, dimensions)));
        Assert.That(Tensors.Deviation(result.dense(), expected), Is.Zero);
        Differences.RequireGradient(features, () => upsample.call(coarse).features, random);
    }

    [Test]
    public void Cached_and_given_sites_take_the_coarse_voxel_that_they_lie_in()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(4);
        var cloud = Cloud.Random(random, [9, 9, 9, 9], [-4, -4, -4, -4], 2, 60);
        var input = new SparseTensor(
            Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 2),
            cloud.Coordinates()
        );
        using var pool = new SparseSumPool4d(2);
        using var upsample = torch.nn.SparseUpsample(2);
        var coarse = pool.call(input);
        var result = upsample.call(coarse);
        Assert.That(result.map, Is.SameAs(input.map));
        Assert.That(Tensors.Deviation(upsample.call(coarse, input).features, result.features), Is.Zero);
        var rows = Tensors.Rows(coarse.coordinates).Select((row, i) => (Tensors.Key(row), i)).ToDictionary();
        var values = Arrays.Matrix(coarse.features);
        var expected = new double[cloud.Rows.Length, 2];
        for (var row = 0; row < cloud.Rows.Length; row++)
        {
            var parent = cloud.Rows[row].Select((value, i) => i == 0 ? value : (int)Math.Floor(value / 2.0));
            expected[row, 0] = values[rows[Tensors.Key(parent)], 0];
            expected[row, 1] = values[rows[Tensors.Key(parent)], 1];
        }

        Assert.That(Arrays.Deviation(result.features, expected), Is.Zero);
        var given = upsample.call(coarse, input.coordinates.narrow(0, 5, 20));
        Assert.That(Tensors.Deviation(given.features, result.features.narrow(0, 5, 20)), Is.Zero);
        Assert.That(given.stride, Is.EqualTo(input.stride));
        using var outside = upsample.call(
            coarse,
            Tensors.Coordinates(
                [
                    [1, 99, 0, 0, 0],
                ],
                4
            )
        );
        Assert.That(Arrays.Vector(outside.features), Is.EqualTo(new[] { 0.0, 0 }));
        Assert.That(() => upsample.call(input), Throws.ArgumentException.With.Message.Contains("stride"));
        Assert.That(
            () => new SparseUpsample(0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("scale is (0)")
        );
    }
}
