namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// Copies of a layer's leaves for the dense side, and the comparison of both sides. The dense side is computed in float64:
/// with AVX-512, the float32 gradients of libtorch 2.10's conv3d have cells that were never written.
/// </summary>
internal sealed class LayerTwin
{
    private readonly torch.Tensor _sparseFeatures;

    internal LayerTwin(SparseConvolution layer, torch.Tensor features)
    {
        _sparseFeatures = features;
        Features = Copy(features);
        Weight = Copy(layer.weight);
        Bias = Copy(layer.bias!);
    }

    internal torch.Tensor Features { get; }

    internal torch.Tensor Weight { get; }

    internal torch.Tensor Bias { get; }

    internal void RequireEqual(
        SparseTensor sparse,
        SparseConvolution layer,
        torch.Tensor dense,
        int[] origin,
        Random random,
        double tolerance = 1e-12
    )
    {
        var expected = DenseTwin.Read(dense, Tensors.Rows(sparse.coordinates), origin);
        var gradient = Tensors.Random(random, sparse.features.dtype, expected.shape);
        (sparse.features * gradient).sum().backward();
        (expected * gradient.to_type(torch.ScalarType.Float64)).sum().backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Tensors.Deviation(sparse.features, expected), Is.LessThanOrEqualTo(tolerance), "output");
            Assert.That(
                Tensors.Deviation(_sparseFeatures.grad!, Features.grad!),
                Is.LessThanOrEqualTo(tolerance),
                "gradient of features"
            );
            Assert.That(
                Tensors.Deviation(layer.weight.grad!, Weight.grad!),
                Is.LessThanOrEqualTo(tolerance),
                "gradient of weight"
            );
            Assert.That(
                Tensors.Deviation(layer.bias!.grad!, Bias.grad!),
                Is.LessThanOrEqualTo(tolerance),
                "gradient of bias"
            );
        }
    }

    private static torch.Tensor Copy(torch.Tensor leaf) =>
        leaf.detach().to_type(torch.ScalarType.Float64).clone().requires_grad_();
}
