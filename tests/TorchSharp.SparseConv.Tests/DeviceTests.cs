using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Tensors on different devices are refused, both named, before anything changes. The other device is torch's meta device,
/// which every machine has.
/// </summary>
[TestFixture]
public sealed class DeviceTests
{
    private torch.Tensor _features = null!;
    private torch.Tensor _coordinates = null!;
    private SparseTensor _voxels = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Make_three_voxels()
    {
        _scope = torch.NewDisposeScope();
        _features = torch.ones(3, 4);
        _coordinates = Tensors.Coordinates(
            [
                [0, 0, 0, 0],
                [0, 1, 0, 0],
                [1, 0, 0, 0],
            ],
            3
        );
        _voxels = new SparseTensor(_features, _coordinates);
    }

    [TearDown]
    public void Nothing_was_made_and_all_goes()
    {
        Assert.That(_voxels.manager.Maps, Has.Count.EqualTo(1));
        _voxels.Dispose();
        _features.Dispose();
        _coordinates.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Features_and_coordinates()
    {
        Refuse(() => new SparseTensor(Away(_features), _coordinates), "coordinates is on cpu and features on meta");
        Refuse(() => new SparseTensor(_features, Away(_coordinates)), "coordinates is on meta and features on cpu");
        Refuse(() => _voxels.with_features(Away(_features)), "features is on meta and the voxels on cpu");
    }

    [Test]
    public void Weights_and_biases()
    {
        using var convolution = torch.nn.SubMConv3d(4, 2, 3);
        convolution.bias = new Modules.Parameter(Away(torch.zeros(2)));
        Refuse(() => convolution.call(_voxels), "input is on cpu and the bias of SubMConv3d on meta");
        convolution.to(torch.META);
        Refuse(() => convolution.call(_voxels), "input is on cpu and the weight of SubMConv3d on meta");
        using var norm = new SparseLayerNorm(4);
        norm.to(torch.META);
        Refuse(() => norm.call(_voxels), "input is on cpu and the weight of SparseLayerNorm on meta");
        using var head = new SparsePruningHead(4);
        head.to(torch.META);
        Refuse(() => head.call(_voxels), "input is on cpu and the weight of SparsePruningHead on meta");
    }

    [Test]
    public void Sites_and_selections()
    {
        using var convolution = torch.nn.SubMConv3d(4, 2, 3);
        using var pool = torch.nn.SparseMaxPool3d(2);
        var mask = torch.ones([3], torch.ScalarType.Bool);
        Refuse(() => convolution.call(_voxels, Away(_coordinates)), "coordinates is on meta and the voxels on cpu");
        Refuse(() => pool.call(_voxels, Away(_coordinates)), "coordinates is on meta and the voxels on cpu");
        Refuse(() => _voxels.prune(Away(mask)), "mask is on meta and the voxels on cpu");
        Refuse(() => _voxels.rows_of(Away(_coordinates)), "coordinates is on meta and the voxels on cpu");
        Refuse(() => _voxels.contains(Away(_coordinates)), "coordinates is on meta and the voxels on cpu");
        Refuse(() => _voxels.broadcast(Away(torch.ones(2, 1))), "per_scan is on meta and the voxels on cpu");
    }

    [Test]
    public void Points_and_their_features()
    {
        var points = torch.ones(3, 3);
        using var links = _voxels.link(points);
        Refuse(() => _voxels.link(Away(points)), "points is on meta and the voxels on cpu");
        Refuse(
            () => _voxels.link(points, batch: Away(torch.zeros([3], torch.ScalarType.Int64))),
            "batch is on meta and points on cpu"
        );
        Refuse(() => _voxels.splat(Away(_features), links), "values is on meta and the voxels on cpu");
        Refuse(() => SparseTensor.from_points(points, Away(_features), 1), "features is on meta and points on cpu");
        Refuse(() => new PointTensor(_features, Away(points), 1), "features is on cpu and points on meta");
        Refuse(
            () => new PointTensor(_features, points, 1).with_features(Away(_features)),
            "features is on meta and the voxels on cpu"
        );
    }

    [Test]
    public void Compressed_rows_and_their_values()
    {
        var (rows, columns, values) = _voxels.to_csr();
        Refuse(
            () => SparseTensor.from_csr(Away(rows), columns, values, 2, (2, 1, 1)),
            "crow_indices is on meta and values on cpu"
        );
        Refuse(
            () => SparseTensor.from_csr(rows, columns, Away(values), 2, (2, 1, 1)),
            "crow_indices is on cpu and values on meta"
        );
    }

    [Test]
    public void To_the_same_device_keeps_the_voxels_and_their_history()
    {
        var same = _voxels.to("cpu");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(same.map, Is.SameAs(_voxels.map));
            Assert.That(same.coordinates.device_type, Is.EqualTo(DeviceType.CPU));
        }
    }

    private static torch.Tensor Away(torch.Tensor tensor) => tensor.to(torch.META);

    private static void Refuse(Func<object> call, string message)
    {
        var refused = Assert.Catch<ArgumentException>(() => call());
        Assert.That(refused?.Message, Does.Contain(message));
    }
}
