using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>The sums over the rows of one stride in a <see cref="ModelSummary"/>, or over all.</summary>
public sealed class SummaryTotal
{
    internal SummaryTotal(PerAxis? stride, IReadOnlyCollection<SummaryRow> rows)
    {
        Stride = stride;
        Layers = rows.Count;
        Sites = rows.Select(row => row.Sites).DefaultIfEmpty().Max();
        Pairs = rows.Sum(row => row.Pairs);
        Parameters = rows.Sum(row => row.Parameters);
        MultiplyAdds = rows.Sum(row => row.MultiplyAdds);
        FeatureBytes = rows.Sum(row => row.FeatureBytes);
        RulebookBytes = rows.Sum(row => row.RulebookBytes);
    }

    /// <summary>The stride of the level, or null for all levels and what has none.</summary>
    public PerAxis? Stride { get; }

    /// <summary>The number of rows.</summary>
    public int Layers { get; }

    /// <summary>The most rows that a layer wrote.</summary>
    public long Sites { get; }

    /// <summary>The pairs over all layers.</summary>
    public long Pairs { get; }

    /// <summary>The elements of all parameters.</summary>
    public long Parameters { get; }

    /// <summary>The multiply-adds of one forward pass.</summary>
    public long MultiplyAdds { get; }

    /// <summary>The bytes of all features, which a training step holds until backward.</summary>
    public long FeatureBytes { get; }

    /// <summary>The bytes of all rulebooks, each counted once.</summary>
    public long RulebookBytes { get; }
}
