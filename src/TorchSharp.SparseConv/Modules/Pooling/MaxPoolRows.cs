using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Functions;

namespace TorchSharp.SparseConv;

/// <summary>From which voxel each value of a max pooling came; what <see cref="SparseMaxUnpool"/> needs to go back.</summary>
public sealed class MaxPoolRows : IDisposable
{
    internal MaxPoolRows(torch.Tensor rows, PoolingCall call)
    {
        this.rows = rows;
        Fine = call.Input;
        Coarse = call.Output;
    }

    /// <summary>
    /// int32 [N', C]: for each pooled voxel and channel the row of the pooling's input that holds the maximum.
    /// </summary>
    public torch.Tensor rows { get; }

    /// <summary>The level that was pooled.</summary>
    public CoordinateMap Fine { get; }

    /// <summary>The level that the pooling wrote.</summary>
    public CoordinateMap Coarse { get; }

    /// <summary>Disposes the rows.</summary>
    public void Dispose() => rows.Dispose();
}
