namespace SparseDigits;

/// <summary>What one run is asked to do.</summary>
internal sealed class DigitsSettings
{
    public string? Folder { get; init; }

    public required int Train { get; init; }

    public required int Test { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required SiteRule Sites { get; init; }

    public required int Seed { get; init; }
}
