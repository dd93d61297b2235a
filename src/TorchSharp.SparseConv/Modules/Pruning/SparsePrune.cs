namespace TorchSharp.SparseConv;

/// <summary>Keeps the voxels where a mask is true; see <see cref="SparseTensor.prune"/>. For any number of axes.</summary>
public sealed class SparsePrune : torch.nn.Module<SparseTensor, torch.Tensor, SparseTensor>
{
    /// <summary>A layer without parameters.</summary>
    public SparsePrune()
        : base(nameof(SparsePrune)) { }

    /// <summary>From [N, C] and a bool mask [N] to the voxels where the mask is true.</summary>
    public override SparseTensor forward(SparseTensor input, torch.Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.prune(mask);
    }
}
