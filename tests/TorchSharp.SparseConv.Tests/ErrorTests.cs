namespace TorchSharp.SparseConv.Tests;

/// <summary>Bad input is refused by name, value and what is allowed, before anything changes.</summary>
[TestFixture]
public sealed class ErrorTests
{
    private torch.Tensor _features = null!;
    private torch.Tensor _coordinates = null!;

    [SetUp]
    public void Make_two_voxels()
    {
        _features = torch.ones(2, 3);
        _coordinates = Rows([0, 0, 0, 0], [0, 1, 2, 3]);
    }

    [TearDown]
    public void Dispose_them()
    {
        _features.Dispose();
        _coordinates.Dispose();
    }

    [Test]
    public void Coordinates_of_the_wrong_shape()
    {
        Refuse(
            () => new SparseTensor(_features, torch.zeros(2, torch.ScalarType.Int32)),
            "coordinates",
            "[2]",
            "[voxels, 1 + D]"
        );
        Refuse(() => new SparseTensor(_features, torch.zeros(2, 6, torch.ScalarType.Int32)), "coordinates", "[2, 6]");
    }

    [Test]
    public void Coordinates_of_the_wrong_type() =>
        Refuse(() => new SparseTensor(_features, torch.zeros(2, 4)), "coordinates", "Float32", "Int32 or Int64");

    [Test]
    public void Coordinates_beyond_32_bits() =>
        Refuse(
            () => new SparseTensor(_features, torch.tensor(new[] { 0, 0, 0, 1L << 40, 0, 0, 0, 0 }, [2, 4])),
            "coordinates",
            "1099511627776",
            "32 bits"
        );

    [Test]
    public void Coordinates_on_another_device() =>
        Refuse(() => new SparseTensor(_features, _coordinates.to(torch.device("meta"))), "coordinates", "meta", "cpu");

    [Test]
    public void Features_and_coordinates_of_different_lengths() =>
        Refuse(() => new SparseTensor(torch.ones(3, 3), _coordinates), "features", "3 rows", "2 coordinates");

    [Test]
    public void Features_that_are_no_matrix_or_no_floats()
    {
        Refuse(() => new SparseTensor(torch.ones(2), _coordinates), "features", "[2]", "[voxels, channels]");
        Refuse(
            () => new SparseTensor(torch.ones(2, 3, torch.ScalarType.Int64), _coordinates),
            "features",
            "Int64",
            "floating point"
        );
    }

    [Test]
    public void A_coordinate_that_stands_twice()
    {
        using var twice = Rows([0, 1, 2, 3], [0, 1, 2, 3]);
        Refuse(() => new SparseTensor(_features, twice), "coordinates", "1, 2, 3");
    }

    [Test]
    public void A_batch_index_out_of_range()
    {
        using var negative = Rows([0, 0, 0, 0], [-1, 1, 2, 3]);
        using var large = Rows([0, 0, 0, 0], [2, 1, 2, 3]);
        Refuse(() => new SparseTensor(_features, negative), "coordinates", "row 1", "-1");
        Refuse(() => new SparseTensor(_features, large, batch_size: 2), "coordinates", "row 1", "0..1");
    }

    [Test]
    public void A_voxel_outside_of_the_spatial_shape() =>
        Refuse(
            () => new SparseTensor(_features, _coordinates, spatial_shape: (2, 2, 3)),
            "coordinates",
            "(0, 1, 2, 3)",
            "(2, 2, 3)"
        );

    [Test]
    public void Channels_that_do_not_match()
    {
        using var layer = torch.nn.SubMConv3d(4, 2, 3);
        Refuse(() => layer.call(new SparseTensor(_features, _coordinates)), "input", "3 channels", "4");
    }

    [Test]
    public void Axes_that_do_not_match()
    {
        using var layer = torch.nn.SubMConv2d(3, 2, 3);
        Refuse(() => layer.call(new SparseTensor(_features, _coordinates)), "input", "3 spatial axes", "2");
    }

    [Test]
    public void Element_types_that_do_not_match_or_that_the_engine_lacks()
    {
        using var layer = torch.nn.SubMConv3d(3, 2, 3);
        Refuse(
            () => layer.call(new SparseTensor(_features.to_type(torch.ScalarType.Float64), _coordinates)),
            "input",
            "Float64",
            "Float32"
        );
        Refuse(() => torch.nn.SubMConv3d(3, 2, 3, dtype: torch.ScalarType.Int32), "dtype", "Int32", "Float32");
    }

    [Test]
    public void A_device_without_an_engine()
    {
        var voxels = new SparseTensor(_features, _coordinates);
        Refuse(() => voxels.to(torch.META), "device", "meta", "cpu or cuda");
        Refuse(
            () => new SparseTensor(_features.to(torch.META), _coordinates.to(torch.META)),
            "coordinates",
            "meta",
            "cpu or cuda"
        );
    }

    [Test]
    public void A_device_that_is_not_there()
    {
        if (torch.cuda.is_available())
        {
            Assert.Ignore("there is a CUDA device");
        }

        var voxels = new SparseTensor(_features, _coordinates);
        Assert.That(() => voxels.to("cuda"), Throws.Exception);
        Assert.That(() => new CoordinateManager(3, device: -2), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Sparse_tensors_of_different_managers()
    {
        using var layer = torch.nn.SparseConv3d(3, 2, 2, 2);
        var one = new SparseTensor(_features, _coordinates);
        var other = new SparseTensor(torch.ones(2, 3), _coordinates);
        Refuse(() => SparseTensor.cat(one, other), "tensors", "two coordinate managers");
        Refuse(() => layer.call(one, other), "sites", "two coordinate managers");
    }

    [Test]
    public void Sites_of_the_wrong_stride()
    {
        using var layer = torch.nn.SparseConv3d(3, 2, 2, 2);
        var input = new SparseTensor(_features, _coordinates);
        Refuse(() => layer.call(input, input), "sites", "(1, 1, 1)", "(2, 2, 2)");
    }

    [Test]
    public void A_transposed_convolution_without_a_level_to_return_to()
    {
        using var layer = torch.nn.SparseConvTranspose3d(3, 2, 2, 2);
        var input = new SparseTensor(_features, _coordinates);
        Assert.That(
            () => layer.call(input),
            Throws.InstanceOf<InvalidOperationException>().Or.InstanceOf<ArgumentException>()
        );
    }

    [Test]
    public void Points_that_are_not_finite()
    {
        using var points = torch.tensor(new[] { 0f, 0, 0, 1, float.NaN, 0 }, [2, 3]);
        Refuse(() => SparseTensor.from_points(points, null, 0.1), "points", "1");
    }

    [Test]
    public void Points_features_and_batch_of_different_lengths()
    {
        using var points = torch.zeros(2, 3);
        Refuse(() => SparseTensor.from_points(points, torch.ones(3, 1), 0.1), "features", "3 rows");
        Refuse(
            () => SparseTensor.from_points(points, null, 0.1, torch.zeros(3, torch.ScalarType.Int32)),
            "batch",
            "[3]",
            "[2]"
        );
    }

    [Test]
    public void A_voxel_size_that_is_not_positive()
    {
        using var points = torch.zeros(2, 3);
        Refuse(() => SparseTensor.from_points(points, null, 0), "edges", "0", "positive");
        Refuse(() => SparseTensor.from_points(points, null, (0.1, 0.1)), "voxelSize", "2");
    }

    [Test]
    public void Groups_that_do_not_divide_the_channels()
    {
        Refuse(() => torch.nn.SubMConv3d(3, 4, 3, groups: 2), "groups", "groups is 2", "in_channels 3");
        Refuse(() => torch.nn.SparseConv3d(4, 3, 3, groups: 2), "groups", "groups is 2", "out_channels 3");
        Refuse(() => torch.nn.SparseConvTranspose3d(4, 4, 3, groups: 0), "groups", "groups is 0", "positive");
        Refuse(() => torch.nn.SparseInverseConv3d(4, 4, 3, groups: -4), "groups", "groups is -4", "positive");
    }

    [Test]
    public void A_kernel_shape_of_another_number_of_axes()
    {
        var flat = KernelShape.Offsets((0, 1), (1, 0));
        Refuse(() => torch.nn.SubMConv3d(3, 2, flat), "size", "2 values", "or 3");
        Refuse(() => torch.nn.SparseConv3d(3, 2, KernelShape.Cross((3, 3))), "size", "(3, 3)", "or 3");
        Refuse(() => torch.nn.SparseMaxPool3d(KernelShape.Hybrid(3, 3)), "size", "axes 3", "axes 0 to 2");
        Refuse(() => torch.nn.SparseInverseConv3d(3, 2, KernelShape.Box((3, 3, 3, 3))), "size", "(3, 3, 3, 3)");
        Refuse(() => torch.nn.SparseAvgPool3d(default), "size");
    }

    [Test]
    public void A_kernel_that_makes_no_sense()
    {
        Refuse(() => torch.nn.SubMConv3d(3, 2, 0), "size", "0");
        Refuse(() => torch.nn.SparseConv3d(3, 2, 3, stride: (1, 0, 1)), "stride", "0");
        Assert.That(
            () => torch.nn.SubMConv3d(0, 2, 3),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("in_channels")
        );
    }

    private static torch.Tensor Rows(params int[][] rows) => Oracles.Tensors.Coordinates(rows, rows[0].Length - 1);

    private static void Refuse(Func<object> action, string argument, params string[] says)
    {
        var exception = Assert.Catch<ArgumentException>(() => action());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exception.ParamName, Is.EqualTo(argument));
            foreach (var text in says)
            {
                Assert.That(exception.Message, Does.Contain(text));
            }
        }
    }
}
