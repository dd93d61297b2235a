using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>The sum of the active values under the kernel, channel by channel.</summary>
public abstract class SparseSumPoolNd : SparsePoolNd
{
    private protected SparseSumPoolNd(string name, KernelGeometry geometry, StridedSites sites)
        : base(name, geometry, sites, PoolingKind.Sum) { }
}
