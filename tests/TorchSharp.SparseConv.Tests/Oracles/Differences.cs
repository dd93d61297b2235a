namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Gradients against central differences along a random direction, in float64.</summary>
internal static class Differences
{
    /// <summary>For outputs that are linear in the leaf: a quadratic has no truncation error, so only rounding is left.</summary>
    internal const double WideStep = 1e-3;

    private const double Tolerance = 1e-7;

    /// <summary>The gradient of a leaf under the sum of squares of some output.</summary>
    internal static void RequireGradient(
        torch.Tensor leaf,
        Func<torch.Tensor> output,
        Random random,
        double step = 1e-6
    )
    {
        // Not linear, so that a wrong gradient of the output shows as well; constants, so that no direction is flat.
        var weight = Tensors.Random(random, torch.ScalarType.Float64, output().shape);
        leaf.requires_grad_();
        leaf.grad?.zero_();
        Loss().backward();
        var direction = Tensors.Random(random, torch.ScalarType.Float64, leaf.shape);
        var actual = (leaf.grad! * direction).sum().item<double>();
        double expected;
        using (torch.no_grad())
        {
            leaf.add_(direction * step);
            var above = Loss().item<double>();
            leaf.sub_(direction * (2 * step));
            var below = Loss().item<double>();
            leaf.add_(direction * step);
            expected = (above - below) / (2 * step);
        }

        Assert.That(actual, Is.EqualTo(expected).Within(Tolerance * (1 + Math.Abs(expected))));

        torch.Tensor Loss()
        {
            var values = output() + weight;
            return (values * values).sum();
        }
    }
}
