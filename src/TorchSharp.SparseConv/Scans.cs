namespace TorchSharp.SparseConv;

/// <summary>
/// Rows of a sparse tensor by scan: reductions to one row a scan, and back. 16-bit numbers are added up in float32 and
/// rounded once.
/// </summary>
internal static class Scans
{
    /// <summary>The sum of each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Sum(SparseTensor sites, torch.Tensor rows) =>
        Reduce(sites, rows, scan => scan.sum(dim: 0));

    /// <summary>The mean of each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Mean(SparseTensor sites, torch.Tensor rows) =>
        Reduce(sites, rows, scan => scan.mean([0]));

    /// <summary>The largest value of each channel over each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Max(SparseTensor sites, torch.Tensor rows) =>
        Reduce(sites, rows, scan => scan.max(0).values);

    /// <summary>For each row that of its scan: [batch, ...] to [N, ...].</summary>
    internal static torch.Tensor Spread(SparseTensor sites, torch.Tensor perScan)
    {
        using var scope = torch.NewDisposeScope();
        return perScan.index_select(0, Index(sites)).MoveToOuterDisposeScope();
    }

    /// <summary>The batch index of each row, int64 [N].</summary>
    internal static torch.Tensor Index(SparseTensor sites)
    {
        var batches = sites.map.BatchIndices();
        var index = new long[batches.Length];
        for (var row = 0; row < index.Length; row++)
        {
            index[row] = batches[row];
        }

        return torch.tensor(index, torch.ScalarType.Int64, sites.features.device);
    }

    /// <summary>The rows of each scan, ascending.</summary>
    internal static List<long>[] Rows(SparseTensor sites)
    {
        var rows = new List<long>[sites.batch_size];
        for (var scan = 0; scan < rows.Length; scan++)
        {
            rows[scan] = [];
        }

        var batches = sites.map.BatchIndices();
        for (var row = 0; row < batches.Length; row++)
        {
            rows[batches[row]].Add(row);
        }

        return rows;
    }

    // Scan by scan, since PyTorch adds up a column in pieces, which keeps the rounding of long sums small.
    private static torch.Tensor Reduce(
        SparseTensor sites,
        torch.Tensor rows,
        Func<torch.Tensor, torch.Tensor> reduction
    )
    {
        using var scope = torch.NewDisposeScope();
        var scans = Rows(sites);
        if (scans.Length == 0)
        {
            return rows.narrow(0, 0, 0).MoveToOuterDisposeScope();
        }

        var wide = Precision.Widen(rows);
        return Precision.As(torch.stack(scans.Select(One)), rows.dtype).MoveToOuterDisposeScope();

        torch.Tensor One(List<long> scan) =>
            scan.Count == 0 ? wide.narrow(0, 0, 0).sum(dim: 0)
            : scan.Count == wide.shape[0] ? reduction(wide)
            : scan[^1] - scan[0] == scan.Count - 1 ? reduction(wide.narrow(0, scan[0], scan.Count))
            : reduction(wide.index_select(0, torch.tensor(scan.ToArray(), torch.ScalarType.Int64, wide.device)));
    }
}
