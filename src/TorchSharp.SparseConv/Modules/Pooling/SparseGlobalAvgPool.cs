namespace TorchSharp.SparseConv;

/// <summary>
/// The mean of each channel over the voxels of each scan, [batch, C]; a scan without voxels gives 0. For any number of
/// axes.
/// </summary>
public sealed class SparseGlobalAvgPool : torch.nn.Module<SparseTensor, torch.Tensor>
{
    /// <summary>A layer without parameters.</summary>
    public SparseGlobalAvgPool()
        : base(nameof(SparseGlobalAvgPool)) { }

    /// <summary>From [N, C] to [batch, C].</summary>
    public override torch.Tensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Scans.Mean(input, input.features);
    }
}
