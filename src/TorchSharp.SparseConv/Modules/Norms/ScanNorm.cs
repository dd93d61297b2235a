namespace TorchSharp.SparseConv;

/// <summary>Norms whose mean and variance are those of one scan.</summary>
internal static class ScanNorm
{
    /// <summary>
    /// Features [N, C] less the mean, over the standard deviation, of their scan's voxels and their group's channels,
    /// with the biased variance. A scan without voxels takes no part; one of a single value becomes 0.
    /// </summary>
    internal static torch.Tensor Normalize(SparseTensor input, long groups, double eps)
    {
        using Scalar epsilon = eps;
        var index = Scans.Index(input);
        var grouped = input.features.reshape(input.count, groups, input.channels / groups);
        var centred = grouped - Spread(Scans.Mean(input, grouped.mean([2])));
        var variance = Scans.Mean(input, (centred * centred).mean([2]));
        return (centred * Spread(variance.add(epsilon).rsqrt())).reshape(input.count, input.channels);

        torch.Tensor Spread(torch.Tensor perScan) => perScan.index_select(0, index).unsqueeze(2);
    }
}
