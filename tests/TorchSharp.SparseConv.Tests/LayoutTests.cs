using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Scans apart and together, boxes, and PyTorch's layouts; float64.</summary>
[TestFixture]
public sealed class LayoutTests
{
    [Test]
    public void Scans_come_apart_and_go_together_again([Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(dimensions);
        var scans = input.scans();
        Assert.That(scans.Select(scan => scan.batch_size), Is.EqualTo(new[] { 1, 1, 1, 1 }));
        Assert.That(scans.Sum(scan => scan.count), Is.EqualTo(input.count));
        Assert.That((scans[1].count, scans[1].channels, scans[3].count), Is.EqualTo((0L, 3L, 0L)));
        Assert.That(scans[0].manager, Is.Not.SameAs(scans[2].manager));
        Assert.That(SparseTensor.join(scans).equal(input), Is.True);
        Differences.RequireGradient(
            input.features,
            () => SparseTensor.join([.. input.scans().Reverse()]).features,
            new Random(1)
        );
    }

    [Test]
    public void Joined_tensors_keep_what_they_share()
    {
        using var scope = torch.NewDisposeScope();
        var dense = torch.ones(2, 1, 4, 6);
        var one = SparseTensor.from_dense(dense);
        var other = SparseTensor.from_dense(torch.ones(1, 1, 5, 2));
        var both = SparseTensor.join(one, other);
        Assert.That((both.batch_size, both.spatial_shape), Is.EqualTo((3, (PerAxis?)new PerAxis(5, 6))));
        Assert.That(both.count, Is.EqualTo(58));
        using var pool = new SparseMaxPool2d(2);
        Assert.That(SparseTensor.join(pool.call(one), pool.call(one)).stride, Is.EqualTo(new PerAxis(2, 2)));
        Assert.That(
            () => SparseTensor.join(one, pool.call(one)),
            Throws.ArgumentException.With.Message.Contains("tensors[1]")
        );
        Assert.That(() => SparseTensor.join(), Throws.ArgumentException);
    }

    [Test]
    public void A_box_keeps_what_lies_inside()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(2);
        var kept = input.crop((-1, 0), (3, 9));
        var expected = Tensors.Rows(input.coordinates).Where(row => row[1] is >= -1 and < 3 && row[2] is >= 0 and < 9);
        Assert.That(Tensors.Rows(kept.coordinates), Is.EqualTo(expected).And.Not.Empty);
        Assert.That(kept.batch_size, Is.EqualTo(4));
        Differences.RequireGradient(input.features, () => input.crop(0, 4).features, new Random(1));
        Assert.That(input.crop(5, 5).count, Is.Zero);
        Assert.That(
            () => input.crop((0, 4), (9, 3)),
            Throws.ArgumentException.With.Message.Contains("upper is (9, 3), must be at or above lower (0, 4)")
        );
    }

    [Test]
    public void A_coordinate_tensor_of_pytorch_holds_the_same([Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(dimensions, origin: 0);
        var coo = input.to_sparse_coo(9);
        long[] channelsLast = [0, .. Enumerable.Range(2, dimensions).Select(axis => (long)axis), 1];
        Assert.That(coo.is_sparse, Is.True);
        Assert.That(Tensors.Deviation(coo.to_dense(), input.dense(9).permute(channelsLast)), Is.Zero);
        Assert.That(SparseTensor.from_sparse_coo(coo).equal(input), Is.True);
        var again = SparseTensor.from_sparse_coo(coo.to_dense().to_sparse(1 + dimensions));
        Assert.That(again.equal(input), Is.True);
        Assert.That(again.spatial_shape, Is.EqualTo(PerAxis.Repeat(9, dimensions)));

        var tracked = input.with_features(input.features.requires_grad_());
        Assert.That(tracked.to_sparse_coo(9).requires_grad, Is.False);
    }

    [Test]
    public void Equal_indices_are_added_up_and_other_tensors_refused()
    {
        using var scope = torch.NewDisposeScope();
        var indices = torch.tensor(new long[] { 0, 0, 0, 2, 1, 2 }, [2, 3]);
        var values = torch.tensor(new[] { 1.0, 10, 100 }, [3, 1]);
        var merged = SparseTensor.from_sparse_coo(torch.sparse_coo_tensor(indices, values, [1, 4, 1]));
        Assert.That(Arrays.Vector(merged.dense()), Is.EqualTo(new double[] { 0, 10, 101, 0 }));
        Assert.That(
            () => SparseTensor.from_sparse_coo(torch.ones(2, 2, 2)),
            Throws.ArgumentException.With.Message.Contains("coo is a dense tensor")
        );
        Assert.That(
            () => SparseTensor.from_sparse_coo(torch.ones(2, 2, 2).to_sparse()),
            Throws.ArgumentException.With.Message.Contains("channels dense")
        );
    }

    [Test]
    public void Compressed_rows_hold_the_same([Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(dimensions, origin: 0);
        var (starts, columns, values) = input.to_csr(9);
        var (from, at, held) = (starts.data<long>().ToArray(), columns.data<long>().ToArray(), Arrays.Matrix(values));
        var expected = Tensors
            .Rows(input.coordinates)
            .Select(
                (row, i) => (Row: row.SkipLast(1).Aggregate(0L, (cell, x) => (cell * 9) + x), Column: (long)row[^1], i)
            )
            .OrderBy(one => one.Row)
            .ThenBy(one => one.Column)
            .ToArray();
        var features = Arrays.Matrix(input.features);
        Assert.That(at, Is.EqualTo(expected.Select(one => one.Column)));
        Assert.That(from, Has.Length.EqualTo((4 * Math.Pow(9, dimensions - 1)) + 1));
        foreach (var (i, one) in expected.Index())
        {
            Assert.That(i, Is.InRange(from[one.Row], from[one.Row + 1] - 1));
            Assert.That(held[i, 2], Is.EqualTo(features[one.i, 2]));
        }

        var shape = PerAxis.Repeat(9, dimensions);
        Assert.That(SparseTensor.from_csr(starts, columns, values, 4, shape).equal(input), Is.True);
        Differences.RequireGradient(input.features, () => input.to_csr(9).values, new Random(2));
    }

    [Test]
    public void Compressed_rows_that_do_not_fit_are_refused()
    {
        using var scope = torch.NewDisposeScope();
        var values = torch.ones(2, 1);
        Refuse([0, 1], [0, 1], "crow_indices has shape [2], must be [4], from 0 to the 2");
        Refuse([0, 2, 1, 2], [0, 1], "crow_indices has 1 after 2 at row 1");
        Refuse([0, 1, 1, 2], [0, 4], "col_indices holds 4, must be 0 to 3");

        void Refuse(long[] starts, long[] columns, string message) =>
            Assert.That(
                () => SparseTensor.from_csr(torch.tensor(starts), torch.tensor(columns), values, 1, (3, 4)),
                Throws.ArgumentException.With.Message.Contains(message)
            );
    }

    [Test]
    public void The_view_from_above_folds_one_axis_into_channels([Values(-1, 0, 1, 2)] int axis)
    {
        using var scope = torch.NewDisposeScope();
        var dense = Tensors.Random(new Random(4), torch.ScalarType.Float64, 2, 3, 4, 5, 6);
        var input = SparseTensor.from_dense(dense);
        var folded = axis < 0 ? 2 : axis;
        int[] kept = [.. Enumerable.Range(0, 3).Where(one => one != folded)];
        var slices = Enumerable
            .Range(0, 3)
            .SelectMany(channel =>
                Enumerable
                    .Range(0, (int)dense.shape[2 + folded])
                    .Select(site => dense.select(1, channel).select(1 + folded, site))
            );
        Assert.That(Tensors.Deviation(input.bird_eye_view(axis), torch.stack(slices, 1)), Is.Zero);
        Assert.That(
            () => input.bird_eye_view(3),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("axis is 3 of 3")
        );
    }

    /// <summary>Four scans of which the second and the last are empty.</summary>
    private static SparseTensor Input(int dimensions, int origin = -4)
    {
        var random = new Random(dimensions);
        var cloud = Cloud.Random(random, Case.Same(9, dimensions), Case.Same(origin, dimensions), 2, 14);
        var rows = cloud.Rows.Select(row => row[0] == 1 ? [2, .. row.Skip(1)] : row).ToList();
        var features = Tensors.Random(random, torch.ScalarType.Float64, rows.Count, 3);
        return new SparseTensor(features, Tensors.Coordinates(rows, dimensions), 4);
    }
}
