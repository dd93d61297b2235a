namespace ShapeCompletion;

/// <summary>What one run is asked to do.</summary>
internal sealed class CompletionSettings
{
    public string? Folder { get; init; }

    public required PartialKind Partial { get; init; }

    public required int Size { get; init; }

    public required int Steps { get; init; }

    public required int BatchSize { get; init; }

    public required int TestShapes { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required string Output { get; init; }

    public required int Seed { get; init; }
}
