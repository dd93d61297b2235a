using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Gradients against central differences along random directions, in float64.</summary>
[TestFixture]
public sealed class GradientTests
{
    private const double Step = 1e-6;
    private const double Tolerance = 1e-7;

    [Test]
    public void Central_differences_agree_with_backward([Values(1, 2, 3, 4)] int dimensions, [Range(0, 2)] int family)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random((10 * dimensions) + family);
        var one = Case.Strided(dimensions).ElementAt(14) with { Voxels = 30, Bounded = false };
        var cloud = one.Cloud(random);
        using SparseConvolution layer = family switch
        {
            0 => Layers.Conv(one, 3, 2),
            1 => Layers.SubM(one, 3, 2),
            _ => Layers.Transpose(one, 3, 2, TransposedSites.Cached),
        };
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 3);
        var input = new SparseTensor(features, cloud.Coordinates(), cloud.Batches);
        if (family == 2)
        {
            using var down = Layers.Conv(one, 3, 1);
            var coarse = down.call(input);
            input = coarse.with_features(Tensors.Random(random, torch.ScalarType.Float64, coarse.count, 3));
        }

        input.features.requires_grad_();
        Loss(layer, input).backward();
        foreach (var leaf in new torch.Tensor[] { input.features, layer.weight, layer.bias! })
        {
            var direction = Tensors.Random(random, torch.ScalarType.Float64, leaf.shape);
            var expected = Difference(layer, input, leaf, direction);
            var actual = (leaf.grad! * direction).sum().item<double>();
            Assert.That(actual, Is.EqualTo(expected).Within(Tolerance * (1 + Math.Abs(expected))));
        }
    }

    [Test]
    public void Frozen_parameters_get_no_gradient_and_the_others_keep_theirs()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(1);
        var one = Case.Submanifold(3).ElementAt(4);
        var cloud = one.Cloud(random);
        var features = Tensors.Random(random, torch.ScalarType.Float64, cloud.Rows.Length, 3);
        using var layer = Layers.SubM(one, 3, 2);
        foreach (
            var (onFeatures, onWeight, onBias) in new[]
            {
                (true, false, false),
                (false, true, false),
                (false, false, true),
            }
        )
        {
            var leaf = features.detach().clone().requires_grad_(onFeatures);
            layer.weight.requires_grad_(onWeight);
            layer.bias!.requires_grad_(onBias);
            layer.zero_grad();
            Loss(layer, new SparseTensor(leaf, cloud.Coordinates(), cloud.Batches)).backward();
            Assert.That(
                (leaf.grad is not null, layer.weight.grad is not null, layer.bias.grad is not null),
                Is.EqualTo((onFeatures, onWeight, onBias))
            );
        }
    }

    [Test]
    public void Non_contiguous_gradients_and_features_are_understood()
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(2);
        var one = Case.Submanifold(2).ElementAt(4);
        var cloud = one.Cloud(random);
        var wide = Tensors.Random(random, torch.ScalarType.Float64, 3, cloud.Rows.Length).requires_grad_();
        using var layer = Layers.SubM(one, 3, 2);
        var strided = layer.call(new SparseTensor(wide.transpose(0, 1), cloud.Coordinates(), cloud.Batches));
        var straight = wide.detach().transpose(0, 1).contiguous().requires_grad_();
        var plain = layer.call(new SparseTensor(straight, cloud.Coordinates(), cloud.Batches));

        // sum() hands down an expanded gradient: strides of 0.
        strided.features.sum().backward();
        plain.features.sum().backward();
        Assert.That(Tensors.Deviation(strided.features, plain.features), Is.Zero);
        Assert.That(Tensors.Deviation(wide.grad!.transpose(0, 1), straight.grad!), Is.Zero);
    }

    private static torch.Tensor Loss(SparseConvolution layer, SparseTensor input)
    {
        // Not linear, so that a wrong gradient of the output shows as well.
        var features = layer.call(input).features;
        return (features * features).sum();
    }

    private static double Difference(
        SparseConvolution layer,
        SparseTensor input,
        torch.Tensor leaf,
        torch.Tensor direction
    )
    {
        using var untracked = torch.no_grad();
        leaf.add_(direction * Step);
        var above = Loss(layer, input).item<double>();
        leaf.sub_(direction * (2 * Step));
        var below = Loss(layer, input).item<double>();
        leaf.add_(direction * Step);
        return (above - below) / (2 * Step);
    }
}
