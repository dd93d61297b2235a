using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Functions;

namespace TorchSharp.SparseConv;

/// <summary>
/// The largest active value under the kernel, channel by channel: PyTorch's max_pool of the dense twin whose inactive
/// sites are minus infinity. Not-a-number counts as larger than all. The gradient goes to the largest value; of equal
/// ones to that of the lowest row.
/// </summary>
public abstract class SparseMaxPoolNd : SparsePoolNd
{
    private protected SparseMaxPoolNd(string name, KernelGeometry geometry, StridedSites sites)
        : base(name, geometry, sites, PoolingKind.Max) { }

    /// <summary>
    /// Pools as <see cref="SparsePoolNd.forward"/>, and remembers from which voxel each value came, for
    /// <see cref="SparseMaxUnpool"/>. The rows are the caller's to dispose.
    /// </summary>
    public (SparseTensor output, MaxPoolRows rows) forward_with_rows(SparseTensor input)
    {
        var call = Prepare(input, OwnSites);
        var features = PoolingFunction.RunWithRows(call, input.features, out var rows);
        return (new SparseTensor(features, call.Output, input.batch_size), new MaxPoolRows(rows, call));
    }
}
