using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>The time over that of the same case with the instruction set "baseline".</summary>
internal sealed class BaselineRatioColumn : IColumn
{
    private const string Isa = nameof(ConvolutionBench.Isa);

    public string Id => nameof(BaselineRatioColumn);

    public string ColumnName => "Ratio";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Time over that of the baseline instruction set, same case";

    public bool IsAvailable(Summary summary) =>
        summary.BenchmarksCases.Any(entry =>
            entry.Parameters.Items.Any(item => item.Name.Equals(Isa, StringComparison.Ordinal))
        );

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var twin = summary.BenchmarksCases.FirstOrDefault(entry =>
            entry.Descriptor.Equals(benchmarkCase.Descriptor)
            && string.Equals(entry.Parameters[Isa] as string, "baseline", StringComparison.Ordinal)
            && entry.Parameters.Items.All(item =>
                item.Name.Equals(Isa, StringComparison.Ordinal)
                || Equals(item.Value, benchmarkCase.Parameters[item.Name])
            )
        );
        return
            twin is not null
            && summary[benchmarkCase]?.ResultStatistics is { } measured
            && summary[twin]?.ResultStatistics is { } baseline
            ? FormattableString.Invariant($"{measured.Mean / baseline.Mean:F2}")
            : "?";
    }
}
