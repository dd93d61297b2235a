using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Rows of a sparse tensor by scan: reductions to one row a scan, and back. 16-bit numbers are added up in float32 and
/// rounded once.
/// </summary>
internal static class Scans
{
    /// <summary>The sum of each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Sum(SparseTensor sites, torch.Tensor rows)
    {
        using var scope = torch.NewDisposeScope();
        return Precision.As(SumWide(sites, rows), rows.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Mean(SparseTensor sites, torch.Tensor rows)
    {
        using var scope = torch.NewDisposeScope();
        var sums = SumWide(sites, rows);
        double[] counts = [.. Rows(sites.map, sites.batch_size).Select(scan => Math.Max(1.0, scan.Count))];
        var count = torch.tensor(counts, new long[] { counts.Length, 1 }, sums.dtype, sums.device);
        return Precision.As(sums / count, rows.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The largest value of each channel over each scan's rows, [batch, C]; zero for a scan without voxels.</summary>
    internal static torch.Tensor Max(SparseTensor sites, torch.Tensor rows)
    {
        using var scope = torch.NewDisposeScope();
        var scans = Rows(sites.map, sites.batch_size);
        return scans.Length == 0
            ? rows.narrow(0, 0, 0).MoveToOuterDisposeScope()
            : torch.stack(scans.Select(One)).MoveToOuterDisposeScope();

        torch.Tensor One(List<long> scan) =>
            scan.Count == 0 ? rows.narrow(0, 0, 0).sum(dim: 0) : Select(rows, scan).max(0).values;
    }

    /// <summary>For each row that of its scan: [batch, C] to [N, C].</summary>
    internal static torch.Tensor Spread(SparseTensor sites, torch.Tensor perScan) =>
        new ScanOp(sites.map, sites.batch_size, sums: false, perScan).Run();

    /// <summary>The batch index of each row, int64 [N].</summary>
    internal static torch.Tensor Index(CoordinateMap map, torch.Device device)
    {
        var batches = map.BatchIndices();
        var index = new long[batches.Length];
        for (var row = 0; row < index.Length; row++)
        {
            index[row] = batches[row];
        }

        return torch.tensor(index, torch.ScalarType.Int64, device);
    }

    /// <summary>The rows of each scan, ascending.</summary>
    internal static List<long>[] Rows(CoordinateMap map, int scans)
    {
        var rows = new List<long>[scans];
        for (var scan = 0; scan < rows.Length; scan++)
        {
            rows[scan] = [];
        }

        var batches = map.BatchIndices();
        for (var row = 0; row < batches.Length; row++)
        {
            rows[batches[row]].Add(row);
        }

        return rows;
    }

    /// <summary>The given rows, ascending, of a matrix; a view where they are neighbours.</summary>
    internal static torch.Tensor Select(torch.Tensor rows, List<long> some) =>
        some.Count == 0 ? rows.narrow(0, 0, 0)
        : some[^1] - some[0] == some.Count - 1 ? rows.narrow(0, some[0], some.Count)
        : rows.index_select(0, torch.tensor(some.ToArray(), torch.ScalarType.Int64, rows.device));

    private static torch.Tensor SumWide(SparseTensor sites, torch.Tensor rows) =>
        new ScanOp(sites.map, sites.batch_size, sums: true, Precision.Widen(rows)).Run();
}

/// <summary>
/// The sum of each scan's rows, from [N, C] to [scans, C], or each scan's row for each of its voxels, from [scans, C] to
/// [N, C]: either is the gradient of the other.
/// </summary>
internal sealed class ScanOp : Operation<ScanOp>
{
    private readonly CoordinateMap _map;
    private readonly int _scans;
    private readonly bool _sums;
    private readonly Input _rows;

    internal ScanOp(CoordinateMap map, int scans, bool sums, torch.Tensor rows)
    {
        (_map, _scans, _sums) = (map, scans, sums);
        _rows = Reads(rows);
    }

    protected override torch.Tensor Forward()
    {
        using var untracked = torch.no_grad();
        return _sums ? Sum(_rows.Tensor!) : Spread(_rows.Tensor!);
    }

    protected override void Backward(torch.Tensor gradient) =>
        _rows.Gradient = _sums ? Spread(gradient) : Sum(gradient);

    private torch.Tensor Spread(torch.Tensor perScan) => perScan.index_select(0, Scans.Index(_map, perScan.device));

    // Scan by scan, since rows of two scans are not added up together.
    private torch.Tensor Sum(torch.Tensor rows)
    {
        var scans = Scans.Rows(_map, _scans);
        return scans.Length == 0
            ? rows.narrow(0, 0, 0).clone()
            : torch.stack(scans.Select(scan => NormOp.ColumnSums(Scans.Select(rows, scan))));
    }
}
