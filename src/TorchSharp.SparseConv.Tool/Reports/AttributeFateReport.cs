namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>One attribute before and after a conversion.</summary>
internal sealed class AttributeFateReport
{
    public required string Name { get; init; }

    public required AttributeFate Fate { get; init; }

    /// <summary>The type before; null for what was not there.</summary>
    public required string? From { get; init; }

    /// <summary>The type after; null for what is not there.</summary>
    public required string? To { get; init; }

    /// <summary>Name and types, as "color (UInt8 to UInt16)".</summary>
    public override string ToString() => $"{Name} ({string.Join(" to ", new[] { From, To }.OfType<string>())})";
}
