using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Every layer and model over nothing, next to nothing, and where it leaves nothing, forward and backward, in training.
/// </summary>
[TestFixture]
public sealed class EdgeCaseTests
{
    private static readonly torch.ScalarType[] Types =
    [
        torch.ScalarType.Float32,
        torch.ScalarType.Float64,
        torch.ScalarType.BFloat16,
        torch.ScalarType.Float16,
    ];

    private static IEnumerable<string> Names => EveryLayer.Names;

    [Test]
    public void No_voxels(
        [ValueSource(nameof(Names))] string name,
        [ValueSource(nameof(Types))] torch.ScalarType type
    ) => RequireGradients(name, type, 2, []);

    [Test]
    public void No_scans([ValueSource(nameof(Names))] string name) =>
        RequireGradients(name, torch.ScalarType.Float32, 0, []);

    [Test]
    public void One_voxel(
        [ValueSource(nameof(Names))] string name,
        [ValueSource(nameof(Types))] torch.ScalarType type
    ) =>
        RequireGradients(
            name,
            type,
            1,
            [
                [0, 1, 2, 3],
            ]
        );

    [Test]
    public void One_voxel_below_zero([ValueSource(nameof(Names))] string name)
    {
        if (EveryLayer.Of(name) == EveryLayer.Gives.Dense || name.Contains("dense") || name.Contains("csr"))
        {
            Assert.Ignore("dense tensors start at zero");
        }

        RequireGradients(
            name,
            torch.ScalarType.Float32,
            1,
            [
                [0, -5, -6, -7],
            ]
        );
    }

    /// <summary>
    /// Kernels of 2 and stride 2 in an odd shape do not read its last sites: what lies there has no coarse voxel. The
    /// shape of a network must last for its strides.
    /// </summary>
    [Test]
    public void A_scan_at_the_border_where_a_stride_leaves_nothing(
        [ValueSource(nameof(Names))] string name,
        [ValueSource(nameof(Types))] torch.ScalarType type
    )
    {
        var last = EveryLayer.IsModel(name) ? 30 : 6;
        int[][] rows =
        [
            [1, last, last, last],
            [1, last, last, last - 1],
        ];
        RequireGradients(name, type, 2, rows, last + 1);
    }

    [Test]
    public void An_empty_scan_between_others_changes_nothing_for_them(
        [ValueSource(nameof(Names))] string name,
        [Values(torch.ScalarType.Float32, torch.ScalarType.Float64)] torch.ScalarType type
    )
    {
        using var scope = torch.NewDisposeScope();
        var cloud = Cloud.Random(new Random(3), [7, 7, 7], [0, 0, 0], 2, 60).Rows.OrderBy(row => row[0]).ToArray();
        int[][] apart = [.. cloud.Select(row => new[] { 2 * row[0], row[1], row[2], row[3] })];
        var (expected, expectedGradient) = Run(name, type, 2, cloud);
        var (actual, gradient) = Run(name, type, 3, apart);
        Assert.That(Tensors.Deviation(gradient, expectedGradient), Is.LessThan(1e-6), "gradient");
        if (EveryLayer.Of(name) == EveryLayer.Gives.Scans)
        {
            // A classifier gives its bias.
            Assert.That(
                EveryLayer.IsModel(name) || Tensors.Deviation(actual[1], torch.zeros_like(actual[1])) == 0,
                "the empty scan"
            );
            actual = actual.index_select(0, torch.tensor(new long[] { 0, 2 }));
        }

        if (EveryLayer.Of(name) != EveryLayer.Gives.Dense)
        {
            Assert.That(Tensors.Deviation(actual, expected), Is.LessThan(1e-6), "result");
        }
    }

    private static void RequireGradients(
        string name,
        torch.ScalarType type,
        int batches,
        int[][] rows,
        PerAxis? shape = null
    )
    {
        using var scope = torch.NewDisposeScope();
        var (output, gradient) = Run(name, type, batches, rows, shape);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output.dtype, Is.EqualTo(type));
            Assert.That(gradient.dtype, Is.EqualTo(type));
            Assert.That(gradient.shape, Is.EqualTo(new long[] { rows.Length, EveryLayer.Channels }));
            Assert.That(IsFinite(output), "output");
            Assert.That(IsFinite(gradient), "gradient");
        }
    }

    /// <summary>Output and gradient of the features; weights are float32 beside 16-bit features.</summary>
    private static (torch.Tensor Output, torch.Tensor Gradient) Run(
        string name,
        torch.ScalarType type,
        int batches,
        int[][] rows,
        PerAxis? shape = null
    )
    {
        using var probe = EveryLayer.Create(name);
        if (type == torch.ScalarType.Float64)
        {
            probe.to(type);
        }

        var random = new Random(9);
        var features = Tensors.Random(random, type, rows.Length, EveryLayer.Channels).requires_grad_();
        var coordinates = Tensors.Coordinates(rows, 3);
        // A batch size of 0 stands for 1 + the largest index, which of nothing is 0.
        var input = new SparseTensor(features, coordinates, batches, shape);
        Assert.That(input.batch_size, Is.EqualTo(batches));
        var output = probe.call(input);
        var loss = output.to_type(torch.ScalarType.Float64).pow(2).sum();
        loss.backward();
        BackwardFailure.ThrowIfAny();
        foreach (var (path, parameter) in probe.named_parameters())
        {
            Assert.That(parameter.grad is not { } one || IsFinite(one), path);
        }

        return (output.detach(), features.grad ?? torch.zeros_like(features));
    }

    private static bool IsFinite(torch.Tensor values) =>
        values.detach().to_type(torch.ScalarType.Float64).isfinite().all().item<bool>();
}
