namespace TorchSharp.SparseConv;

/// <summary>
/// Group normalization: each scan's active voxels and each group of channels by themselves, so that a scan's result does
/// not depend on what it is batched with. PyTorch's GroupNorm where every site is active. For any number of axes.
/// </summary>
public sealed class SparseGroupNorm : SparseNorm
{
    /// <summary>Parameters as in torch.nn.GroupNorm; num_groups must divide num_channels.</summary>
    public SparseGroupNorm(
        long num_groups,
        long num_channels,
        double eps = 1e-5,
        bool affine = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseGroupNorm), num_channels, eps, affine, device, dtype)
    {
        if (num_groups < 1 || num_channels % num_groups != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(num_groups),
                num_groups,
                $"num_groups is {num_groups}, must be 1 or more and divide the {num_channels} channels."
            );
        }

        this.num_groups = num_groups;
    }

    /// <summary>The number of groups of neighbouring channels.</summary>
    public long num_groups { get; }

    private protected override torch.Tensor Normalize(SparseTensor input) =>
        Affine(ScanNorm.Normalize(input, num_groups, eps));
}

/// <summary>
/// Instance normalization: each channel of each scan's active voxels by itself, in training and evaluation alike.
/// PyTorch's InstanceNorm where every site is active. For any number of axes.
/// </summary>
public sealed class SparseInstanceNorm : SparseNorm
{
    /// <summary>Parameters as in torch.nn.InstanceNorm3d, without running statistics.</summary>
    public SparseInstanceNorm(
        long num_features,
        double eps = 1e-5,
        bool affine = false,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseInstanceNorm), num_features, eps, affine, device, dtype) { }

    private protected override torch.Tensor Normalize(SparseTensor input) =>
        Affine(ScanNorm.Normalize(input, num_features, eps));
}

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
        return centred * Spread(GroupMean(centred * centred).add(epsilon, Scalars.One).rsqrt());

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

/// <content>Norms of each scan.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Group normalization of each scan; see <see cref="SparseConv.SparseGroupNorm"/>.</summary>
        public static SparseGroupNorm SparseGroupNorm(
            long num_groups,
            long num_channels,
            double eps = 1e-5,
            bool affine = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_groups, num_channels, eps, affine, device, dtype);

        /// <summary>Instance normalization of each scan; see <see cref="SparseConv.SparseInstanceNorm"/>.</summary>
        public static SparseInstanceNorm SparseInstanceNorm(
            long num_features,
            double eps = 1e-5,
            bool affine = false,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, affine, device, dtype);
    }
}
