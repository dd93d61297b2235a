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
