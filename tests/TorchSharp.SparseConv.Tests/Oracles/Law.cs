namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>A layer's output and gradients against brute force by the law.</summary>
internal static class Law
{
    private const double Tolerance = 1e-12;

    internal static void Require(
        BruteForce oracle,
        SparseConvolution layer,
        SparseTensor input,
        SparseTensor result,
        bool transposed,
        Random random
    )
    {
        var gradient = Tensors.Random(random, torch.ScalarType.Float64, result.count, layer.out_channels);
        (result.features * gradient).sum().backward();
        var truth = oracle.Run(
            Tensors.Rows(input.coordinates),
            Tensors.Rows(result.coordinates),
            transposed,
            Arrays.Matrix(input.features),
            Arrays.Cube(layer.weight),
            Arrays.Vector(layer.bias!),
            Arrays.Matrix(gradient)
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Arrays.Deviation(result.features, truth.Output), Is.LessThanOrEqualTo(Tolerance), "output");
            Assert.That(
                Arrays.Deviation(input.features.grad!, truth.Features),
                Is.LessThanOrEqualTo(Tolerance),
                "gradient of features"
            );
            Assert.That(
                Arrays.Deviation(layer.weight.grad!, truth.Weight),
                Is.LessThanOrEqualTo(Tolerance),
                "gradient of weight"
            );
            Assert.That(
                Arrays.Deviation(layer.bias!.grad!, truth.Bias),
                Is.LessThanOrEqualTo(Tolerance),
                "gradient of bias"
            );
        }
    }
}
