namespace Vessels;

/// <summary>What one run is asked to do.</summary>
internal sealed class VolumeSettings
{
    public string? Volume { get; init; }

    public string? Labels { get; init; }

    public required float Threshold { get; init; }

    public required int Trees { get; init; }

    public required int TestTrees { get; init; }

    public required int Size { get; init; }

    public required int Epochs { get; init; }

    public required double Width { get; init; }

    public required double LearningRate { get; init; }

    public required string Output { get; init; }

    public required int Seed { get; init; }
}
