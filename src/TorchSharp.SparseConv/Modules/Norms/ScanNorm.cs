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
        var centred = input.features - Spread(GroupMean(input.features));
        return centred * Spread(GroupMean(centred * centred).add(epsilon).rsqrt());

        // The mean over a scan and a group, for each of the group's channels, [batch, C].
        torch.Tensor GroupMean(torch.Tensor rows)
        {
            long[] grouped = [input.batch_size, groups, input.channels / groups];
            var means = Scans.Mean(input, rows).reshape(grouped).mean([2], keepdim: true);
            return means.expand(grouped).reshape(input.batch_size, input.channels);
        }

        torch.Tensor Spread(torch.Tensor perScan) => Scans.Spread(input, perScan);
    }
}
