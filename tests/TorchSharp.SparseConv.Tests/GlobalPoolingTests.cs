using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>One row a scan: against loops, with an empty scan between others, and without any voxel.</summary>
[TestFixture]
public sealed class GlobalPoolingTests
{
    private static readonly int[][] Rows =
    [
        [0, 4, 4],
        [2, 0, 0],
        [0, 1, 1],
        [2, 5, 5],
        [0, 9, 9],
        [3, 1, 2],
    ];

    [TestCase("max", ExpectedResult = new[] { -1.0, 9, 0, 0, 7, -4, -3, 5, 0, 0 })]
    [TestCase("mean", ExpectedResult = new[] { -3.0, 8, 0, 0, 5.5, -5, -3, 5, 0, 0 })]
    [TestCase("sum", ExpectedResult = new[] { -9.0, 24, 0, 0, 11, -10, -3, 5, 0, 0 })]
    public double[] Each_scan_gives_one_row_and_an_empty_one_zeros(string kind)
    {
        using var scope = torch.NewDisposeScope();
        return Arrays.Vector(Layer(kind).call(Input()));
    }

    [Test]
    public void Central_differences_agree_with_backward([Values("max", "mean", "sum")] string kind)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(3);
        var features = Tensors.Random(random, torch.ScalarType.Float64, 6, 2);
        var input = Input().with_features(features);
        Differences.RequireGradient(features, () => Layer(kind).call(input), random);
    }

    [Test]
    public void No_voxels_at_all_give_zeros_and_a_gradient([Values("max", "mean", "sum")] string kind)
    {
        using var scope = torch.NewDisposeScope();
        var features = torch.zeros(0, 4).requires_grad_();
        var input = new SparseTensor(features, Tensors.Coordinates([], 3), batch_size: 2);
        var result = Layer(kind).call(input);
        result.sum().backward();
        Assert.That(result.shape, Is.EqualTo(new long[] { 2, 4 }));
        Assert.That(result.abs().sum().item<float>(), Is.Zero);
        Assert.That(features.grad!.shape, Is.EqualTo(new long[] { 0, 4 }));
        using var none = new SparseTensor(torch.zeros(0, 4), Tensors.Coordinates([], 3));
        Assert.That(Layer(kind).call(none).shape, Is.EqualTo(new long[] { 0, 4 }));
    }

    private static torch.nn.Module<SparseTensor, torch.Tensor> Layer(string kind) =>
        kind switch
        {
            "max" => torch.nn.SparseGlobalMaxPool(),
            "mean" => torch.nn.SparseGlobalAvgPool(),
            _ => torch.nn.SparseGlobalSumPool(),
        };

    private static SparseTensor Input() =>
        new(
            torch.tensor(new double[] { -1, 8, 4, -4, -2, 7, 7, -6, -6, 9, -3, 5 }, [6, 2]),
            Tensors.Coordinates(Rows, 2),
            batch_size: 5
        );
}
