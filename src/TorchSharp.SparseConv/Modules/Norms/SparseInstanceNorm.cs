namespace TorchSharp.SparseConv;

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
