using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Work over time: what <paramref name="work"/> says of a case's parameters, a nanosecond, times a thousand.</summary>
internal sealed class RateColumn(string name, string legend, Type bench, Func<BenchmarkCase, double> work) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.All(entry => entry.Descriptor.Type == bench);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { } measured
            ? FormattableString.Invariant($"{work(benchmarkCase) / measured.Mean * 1e3:F1}")
            : "?";
}
