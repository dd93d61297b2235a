namespace SpaceTime;

/// <summary>What one run is asked to do.</summary>
internal sealed class MotionSettings
{
    public required int Clips { get; init; }

    public required int TestClips { get; init; }

    public required int Objects { get; init; }

    public required int Frames { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int Width { get; init; }

    public required double LearningRate { get; init; }

    public required int Seed { get; init; }
}
