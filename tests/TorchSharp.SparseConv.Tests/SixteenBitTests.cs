using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Every layer and model on 16-bit features, against float32 on the same numbers.</summary>
[TestFixture]
public sealed class SixteenBitTests
{
    private static readonly torch.ScalarType[] Types = [torch.ScalarType.BFloat16, torch.ScalarType.Float16];

    // Dropout may draw other numbers for another type.
    private static IEnumerable<string> Names =>
        EveryLayer.Names.Where(name => !string.Equals(name, "SPVCNN", StringComparison.Ordinal));

    [Test]
    public void Float32_weights_stay_and_results_are_those_of_float32_but_for_rounding(
        [ValueSource(nameof(Names))] string name,
        [ValueSource(nameof(Types))] torch.ScalarType type
    ) => RequireRounding(name, type, mixed: true);

    [Test]
    public void Weights_of_16_bits_give_results_of_float32_but_for_rounding(
        [ValueSource(nameof(Names))] string name,
        [ValueSource(nameof(Types))] torch.ScalarType type
    ) => RequireRounding(name, type, mixed: false);

    [TestCase(torch.ScalarType.BFloat16)]
    [TestCase(torch.ScalarType.Float16)]
    public void A_network_of_Float32_weights_learns_from_a_16_bit_forward_as_from_a_wide_one(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var (wide, half) = (Losses(torch.ScalarType.Float32), Losses(type));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(half[0], Is.EqualTo(wide[0]).Within(0.02 * wide[0]));
            Assert.That(wide[^1], Is.LessThan(wide[0] / 2), "Float32");
            Assert.That(half[^1], Is.LessThan(half[0] / 2), "16 bits");
        }
    }

    private static float[] Losses(torch.ScalarType type)
    {
        torch.manual_seed(23);
        using var net = new MinkUNet(MinkUNetKind.MinkUNet14, EveryLayer.Channels, 2, 0.1, 3);
        using var optimizer = torch.optim.Adam(net.parameters(), 0.01);
        var random = new Random(5);
        var cloud = Cloud.Random(random, [24, 24, 24], [0, 0, 0], 2, 800);
        var features = Tensors.Random(random, type, cloud.Rows.Length, EveryLayer.Channels);
        var target = torch.tensor(cloud.Rows.Select(row => row[1] < 12 ? 1L : 0L).ToArray());
        var losses = new float[12];
        for (var step = 0; step < losses.Length; step++)
        {
            using var inner = torch.NewDisposeScope();
            optimizer.zero_grad();
            var logits = net.call(new SparseTensor(features, cloud.Coordinates())).features;
            Assert.That(logits.dtype, Is.EqualTo(type));
            var loss = torch.nn.functional.cross_entropy(logits.to_type(torch.ScalarType.Float32), target);
            loss.backward();
            optimizer.step();
            losses[step] = loss.item<float>();
        }

        return losses;
    }

    private static void RequireRounding(string name, torch.ScalarType type, bool mixed)
    {
        using var scope = torch.NewDisposeScope();
        using var probe = EveryLayer.Create(name);
        using var truth = EveryLayer.Create(name);
        using (torch.no_grad())
        {
            foreach (var parameter in probe.parameters().Concat(truth.parameters()))
            {
                parameter.copy_(parameter.to_type(type).to_type(torch.ScalarType.Float32));
            }
        }

        if (!mixed)
        {
            probe.to(type);
        }

        var random = new Random(9);
        var cloud = EveryLayer.IsModel(name)
            ? Cloud.Random(random, [32, 32, 32], [0, 0, 0], 2, 1500)
            : Cloud.Random(random, [7, 7, 7], [0, 0, 0], 2, 150);
        var features = Tensors.Random(random, type, cloud.Rows.Length, EveryLayer.Channels);
        var (output, gradient, weights) = Run(probe, cloud, features, type);
        var (wide, wideGradient, wideWeights) = Run(truth, cloud, features.to_type(torch.ScalarType.Float32), type);
        var tolerance = Tolerance(name, type);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output.dtype, Is.EqualTo(type));
            Assert.That(gradient.dtype, Is.EqualTo(type));
            Assert.That(Tensors.Error(output, wide), Is.LessThan(tolerance), "output");
            if (!EveryLayer.IsModel(name))
            {
                Assert.That(Tensors.Error(gradient, wideGradient), Is.LessThan(2 * tolerance), "gradient");
            }

            foreach (
                var (path, (one, other)) in weights
                    .Zip(wideWeights)
                    .Select(pair => (pair.First.Name, (pair.First.Gradient, pair.Second.Gradient)))
            )
            {
                Assert.That(one.dtype, Is.EqualTo(mixed ? torch.ScalarType.Float32 : type), path);
                // Below the last layer of a network each ReLU that turns makes a difference of its own.
                if (!EveryLayer.IsModel(name) || path.Contains(".final.", StringComparison.Ordinal))
                {
                    Assert.That(Tensors.Error(one, other), Is.LessThan(2 * tolerance), path);
                }
            }
        }
    }

    // One layer rounds once or twice, a few layers more; a network every layer, and its ReLUs turn at zero.
    private static double Tolerance(string name, torch.ScalarType type)
    {
        var unit = type == torch.ScalarType.BFloat16 ? 1.0 / 256 : 1.0 / 2048;
        return unit
            * (
                EveryLayer.IsModel(name) ? 40
                : name.StartsWith("SparseSequential", StringComparison.Ordinal) ? 8
                : name.StartsWith("PointVoxelBlock", StringComparison.Ordinal) ? 8
                : 2
            );
    }

    private static (torch.Tensor Output, torch.Tensor Gradient, List<(string Name, torch.Tensor Gradient)> Weights) Run(
        Probe probe,
        Cloud cloud,
        torch.Tensor values,
        torch.ScalarType type
    )
    {
        var features = values.detach().requires_grad_();
        var output = probe.call(new SparseTensor(features, cloud.Coordinates()));
        var gradient = Tensors.Random(new Random(4), type, output.shape).to_type(output.dtype);
        output.backward([gradient]);
        Autograd.BackwardFailure.ThrowIfAny();
        return (
            output.detach(),
            features.grad ?? torch.zeros_like(features),
            [
                .. probe
                    .named_parameters()
                    .Where(one => one.parameter.grad is not null)
                    .Select(one => (one.name, one.parameter.grad!)),
            ]
        );
    }
}
