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

/// <summary>
/// The largest value of each channel over the voxels of each scan, [batch, C]; a scan without voxels gives 0. For any
/// number of axes.
/// </summary>
public sealed class SparseGlobalMaxPool : torch.nn.Module<SparseTensor, torch.Tensor>
{
    /// <summary>A layer without parameters.</summary>
    public SparseGlobalMaxPool()
        : base(nameof(SparseGlobalMaxPool)) { }

    /// <summary>From [N, C] to [batch, C].</summary>
    public override torch.Tensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Scans.Max(input, input.features);
    }
}

/// <summary>
/// The sum of each channel over the voxels of each scan, [batch, C]; a scan without voxels gives 0. For any number of
/// axes.
/// </summary>
public sealed class SparseGlobalSumPool : torch.nn.Module<SparseTensor, torch.Tensor>
{
    /// <summary>A layer without parameters.</summary>
    public SparseGlobalSumPool()
        : base(nameof(SparseGlobalSumPool)) { }

    /// <summary>From [N, C] to [batch, C].</summary>
    public override torch.Tensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Scans.Sum(input, input.features);
    }
}

/// <summary>How the voxels of a scan become one row.</summary>
public enum GlobalPooling
{
    /// <summary>Their mean, as <see cref="SparseGlobalAvgPool"/>.</summary>
    Average,

    /// <summary>The largest value of each channel, as <see cref="SparseGlobalMaxPool"/>.</summary>
    Max,

    /// <summary>Their sum, as <see cref="SparseGlobalSumPool"/>.</summary>
    Sum,
}

/// <content>Pooling of whole scans.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>The maximum of each scan; see <see cref="SparseConv.SparseGlobalMaxPool"/>.</summary>
        public static SparseGlobalMaxPool SparseGlobalMaxPool() => new();

        /// <summary>The mean of each scan; see <see cref="SparseConv.SparseGlobalAvgPool"/>.</summary>
        public static SparseGlobalAvgPool SparseGlobalAvgPool() => new();

        /// <summary>The sum of each scan; see <see cref="SparseConv.SparseGlobalSumPool"/>.</summary>
        public static SparseGlobalSumPool SparseGlobalSumPool() => new();
    }
}
