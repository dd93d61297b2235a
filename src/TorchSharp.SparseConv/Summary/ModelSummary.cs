namespace TorchSharp.SparseConv;

/// <summary>
/// What a model does to one input: a row a layer in the order of calls, sums a level and in all. <see cref="ToString"/>
/// is a table for terminals and notebooks. Made by <see cref="ModuleSummary"/>.
/// </summary>
public sealed class ModelSummary
{
    internal ModelSummary(string name, string input, IReadOnlyList<SummaryRow> rows)
    {
        Name = name;
        Input = input;
        Rows = rows;
        Levels =
        [
            .. rows.Where(row => row.Stride is not null)
                .GroupBy(row => row.Stride!.Value)
                .OrderBy(level => level.Key.Aggregate(1L, (product, stride) => product * stride))
                .Select(level => new SummaryTotal(level.Key, [.. level])),
        ];
        Total = new SummaryTotal(stride: null, rows);
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The input in words.</summary>
    public string Input { get; }

    /// <summary>The layers in the order in which they were called; modules that were not called come last.</summary>
    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>The sums of each stride, from the finest level to the coarsest.</summary>
    public IReadOnlyList<SummaryTotal> Levels { get; }

    /// <summary>The sums over all rows.</summary>
    public SummaryTotal Total { get; }

    /// <summary>The table: model, input, a line a layer, a line a level, and the total.</summary>
    public override string ToString() => SummaryTable.Of(this);
}
