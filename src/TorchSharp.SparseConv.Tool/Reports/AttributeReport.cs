namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>One attribute of points: its type and the range of each component.</summary>
internal sealed class AttributeReport
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public required int Components { get; init; }

    /// <summary>The smallest finite value of each component; null where there is none.</summary>
    public required IReadOnlyList<double?> Min { get; init; }

    public required IReadOnlyList<double?> Max { get; init; }

    /// <summary>How many points have each value; null but for integers of few values.</summary>
    public SortedDictionary<long, long>? Counts { get; init; }
}
