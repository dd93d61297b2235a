using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class SparseTensorTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open_a_scope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close_it() => _scope.Dispose();

    [Test]
    public void Points_of_one_voxel_share_their_mean()
    {
        var values = torch.tensor(new[] { 1f, 10, 3, 20 }, [4, 1]).requires_grad_();
        var voxels = SparseTensor.from_points(Points(), values, 0.5, out var voxel_of_point);
        var rows = voxel_of_point.data<long>().ToArray();
        var sites = Tensors.Rows(voxels.coordinates);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.count, Is.EqualTo(2));
            Assert.That(
                rows.Select(row => sites[row]),
                Is.EqualTo(new int[][] { [0, 0, 0], [0, -1, 1], [0, 0, 0], [0, -1, 1] })
            );
            Assert.That(voxels.features[rows[0], 0].item<float>(), Is.EqualTo(2));
            Assert.That(voxels.features[rows[1], 0].item<float>(), Is.EqualTo(15));
        }

        voxels.features.sum().backward();
        Assert.That(values.grad!.data<float>().ToArray(), Is.All.EqualTo(0.5f));
    }

    [Test]
    public void Points_without_features_get_ones_and_batches_stay_apart()
    {
        var batch = torch.tensor(new[] { 0L, 0, 2, 2 });
        var voxels = SparseTensor.from_points(Points(), null, (0.5, 0.5), batch);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voxels.count, Is.EqualTo(4));
            Assert.That(voxels.batch_size, Is.EqualTo(3));
            Assert.That(voxels.features.data<float>().ToArray(), Is.All.EqualTo(1f));
        }
    }

    [Test]
    public void Points_in_float64_keep_their_precision()
    {
        var points = torch.tensor(new[] { 16_777_216.0, 16_777_217.0 }, [2, 1]);
        Assert.That(SparseTensor.from_points(points, null, 1).count, Is.EqualTo(2));
    }

    [Test]
    public void No_points_make_no_voxels()
    {
        var voxels = SparseTensor.from_points(torch.zeros(0, 3), torch.zeros(0, 5), 0.1);
        Assert.That((voxels.count, voxels.channels, voxels.batch_size), Is.EqualTo((0L, 5L, 0)));
    }

    [Test]
    public void Dense_to_sparse_and_back_is_the_same_tensor_and_the_same_gradient([Values(1, 2, 3, 4)] int dimensions)
    {
        var random = new Random(dimensions);
        long[] shape = [2, 3, .. Enumerable.Range(0, dimensions).Select(axis => 3L + axis)];
        var dense = Tensors.Random(random, torch.ScalarType.Float32, shape);
        dense.mul_(Tensors.Random(random, torch.ScalarType.Float32, shape).gt(0.3)).requires_grad_();
        var sparse = SparseTensor.from_dense(dense);
        var back = sparse.dense();
        (back * back).sum().backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(back.is_contiguous(), Is.True);
            Assert.That(Tensors.Deviation(back, dense), Is.Zero);
            Assert.That(Tensors.Deviation(dense.grad!, dense * 2), Is.LessThan(1e-7));
            Assert.That(sparse.count, Is.LessThan(dense.NumberOfElements / 3));
        }
    }

    [Test]
    public void A_threshold_and_a_not_a_number_decide_which_cells_are_voxels()
    {
        var dense = torch.tensor(new[] { 0.4f, -0.6f, float.NaN, 0 }, [1, 1, 4]);
        var sparse = SparseTensor.from_dense(dense, threshold: 0.5);
        Assert.That(Tensors.Rows(sparse.coordinates), Is.EqualTo(new int[][] { [0, 1], [0, 2] }));
    }

    [Test]
    public void Dense_takes_the_shape_given_else_its_own_else_the_smallest()
    {
        var coordinates = Tensors.Coordinates(
            [
                [0, 1, 2],
            ],
            2
        );
        var free = new SparseTensor(torch.ones(1, 1), coordinates);
        var bounded = new SparseTensor(torch.ones(1, 1), coordinates, batch_size: 2, spatial_shape: (4, 5));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(free.dense().shape, Is.EqualTo(new long[] { 1, 1, 2, 3 }));
            Assert.That(bounded.dense().shape, Is.EqualTo(new long[] { 2, 1, 4, 5 }));
            Assert.That(bounded.dense(6).shape, Is.EqualTo(new long[] { 2, 1, 6, 6 }));
            Assert.That(() => free.dense(2), Throws.ArgumentException.With.Message.Contains("(0, 1, 2)"));
        }
    }

    [Test]
    public void Coordinates_may_be_int64_and_strided_and_come_back_as_int32()
    {
        var wide = torch.tensor(new[] { 0L, 7, 1, 7, -2, 7 }, [3, 2]).transpose(0, 1).narrow(0, 0, 1);
        var sparse = new SparseTensor(torch.ones(1, 1), wide);
        Assert.That(sparse.coordinates.dtype, Is.EqualTo(torch.ScalarType.Int32));
        Assert.That(Tensors.Rows(sparse.coordinates), Is.EqualTo(new int[][] { [0, 1, -2] }));
    }

    [Test]
    public void Features_at_an_offset_of_their_storage_are_read_where_they_are()
    {
        var all = torch.arange(0, 6, dtype: torch.ScalarType.Float32).view(3, 2);
        using var layer = torch.nn.SubMConv1d(2, 1, 1, bias: false);
        using (torch.no_grad())
        {
            layer.weight.fill_(1);
        }

        var tail = new SparseTensor(
            all.narrow(0, 1, 2),
            Tensors.Coordinates(
                [
                    [0, 0],
                    [0, 5],
                ],
                1
            )
        );
        Assert.That(layer.call(tail).features.data<float>().ToArray(), Is.EqualTo(new[] { 5f, 9f }));
    }

    [Test]
    public void Channels_of_tensors_over_the_same_voxels_stand_side_by_side()
    {
        var one = SparseTensor.from_points(Points(), null, 0.5);
        var both = SparseTensor.cat(one, one.with_features(torch.zeros(one.count, 2)));
        Assert.That((both.channels, both.map), Is.EqualTo((3L, one.map)));
    }

    [Test]
    public void Two_levels_of_one_manager_can_be_made_by_hand()
    {
        var one = SparseTensor.from_points(Points(), null, 0.5);
        var other = new SparseTensor(
            torch.ones(1, 1),
            Tensors.Coordinates(
                [
                    [0, 0, 0],
                ],
                2
            ),
            manager: one.manager
        );
        Assert.That(other.manager, Is.SameAs(one.manager));
        using var layer = torch.nn.SubMConv2d(1, 4, 3);
        Assert.That(layer.call(one, other).count, Is.EqualTo(1));
    }

    [Test]
    public void Voxels_of_a_coarse_lattice_can_be_refined()
    {
        var seeds = new SparseTensor(torch.ones(1, 2), torch.tensor(new[] { 0, 3, -1 }, [1, 3]), stride: 4);
        using var up = torch.nn.SparseConvTranspose2d(2, 1, 2, stride: 2, sites: TransposedSites.Generate);
        var grown = up.call(seeds);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seeds.stride, Is.EqualTo((PerAxis)(4, 4)));
            Assert.That(grown.stride, Is.EqualTo((PerAxis)(2, 2)));
            Assert.That(
                Tensors.Rows(grown.coordinates),
                Is.EquivalentTo(new int[][] { [0, 6, -2], [0, 6, -1], [0, 7, -2], [0, 7, -1] })
            );
        }
    }

    [Test]
    public void Text_says_what_it_is()
    {
        var voxels = SparseTensor.from_points(Points(), null, 0.5);
        Assert.That(voxels.ToString(), Is.EqualTo("SparseTensor: 2 voxels x 1 Float32 on cpu, stride (1, 1), 1 batch"));
    }

    [Test]
    public void Element_types_are_converted_over_the_same_voxels()
    {
        var voxels = SparseTensor.from_points(Points(), null, 0.5);
        var wide = voxels.to(torch.ScalarType.Float64);
        Assert.That((wide.features.dtype, wide.map), Is.EqualTo((torch.ScalarType.Float64, voxels.map)));
    }

    [Test]
    public void What_moves_out_of_a_scope_outlives_it()
    {
        SparseTensor moved;
        SparseTensor left;
        using (torch.NewDisposeScope())
        {
            moved = SparseTensor.from_points(Points(), null, 0.5).MoveToOuterDisposeScope();
            left = SparseTensor.from_points(Points(), null, 0.5);
        }

        Assert.That((moved.features.IsInvalid, left.features.IsInvalid), Is.EqualTo((false, true)));
    }

    private static torch.Tensor Points() =>
        torch.tensor(new[] { 0.1f, 0.1f, -0.2f, 0.9f, 0.4f, 0.3f, -0.1f, 0.6f }, [4, 2]);
}
