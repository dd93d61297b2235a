namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Cloud, sparse input and dense frame of a case.</summary>
internal sealed class DenseSetup
{
    internal DenseSetup(Case one, long channels, torch.ScalarType type = torch.ScalarType.Float64, long groups = 1)
    {
        One = one;
        Random = new Random(one.Seed);
        Cloud = one.Cloud(Random);
        Frame = new Frame(one, Cloud);
        Dense = new DenseTwin(one.Kernel, one.Stride, one.Dilation, one.Padding, groups);
        Features = Tensors.Random(Random, type, Cloud.Rows.Length, channels).requires_grad_();
        PerAxis? shape = one.Bounded ? new PerAxis(Cloud.Shape) : null;
        Input = new SparseTensor(Features, Cloud.Coordinates(), Cloud.Batches, shape);
    }

    internal Random Random { get; }

    internal Cloud Cloud { get; }

    internal Frame Frame { get; }

    internal DenseTwin Dense { get; }

    internal torch.Tensor Features { get; }

    internal SparseTensor Input { get; }

    private Case One { get; }

    /// <summary>The level below the input, with random features that want a gradient.</summary>
    internal SparseTensor Coarse(long channels, KernelShape? shape = null)
    {
        using var down = Layers.Conv(One, Features.shape[1], 1, shape: shape);
        var sites = down.call(Input);
        return sites.with_features(
            Tensors.Random(Random, torch.ScalarType.Float64, sites.count, channels).requires_grad_()
        );
    }

    internal torch.Tensor DenseInput(torch.Tensor features) =>
        DenseTwin.Densify(features, Cloud.Rows, Cloud.Batches, Frame.FineOrigin, Frame.FineShape);

    internal torch.Tensor DenseCoarse(torch.Tensor features, SparseTensor coarse) =>
        DenseTwin.Densify(
            features,
            Tensors.Rows(coarse.coordinates),
            Cloud.Batches,
            Frame.CoarseOrigin,
            Frame.CoarseShape
        );
}
