namespace TorchSharp.SparseConv;

/// <summary>
/// Layer normalization over the channels of each voxel: PyTorch's LayerNorm on the features. For any number of axes.
/// </summary>
public sealed class SparseLayerNorm : SparseNorm
{
    /// <summary>Parameters as in torch.nn.LayerNorm, whose normalized shape is the channels.</summary>
    public SparseLayerNorm(
        long num_features,
        double eps = 1e-5,
        bool elementwise_affine = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseLayerNorm), num_features, eps, elementwise_affine, device, dtype) { }

    private protected override torch.Tensor Normalize(SparseTensor input) =>
        Affine(torch.nn.functional.layer_norm(input.features, [num_features], null, null, eps));
}
