namespace PointCloudSegmentation.Data;

/// <summary>Which scans to learn from and to measure on.</summary>
internal sealed class DataSettings
{
    /// <summary>The folder that holds sequences/NN; null for generated streets.</summary>
    public string? Folder { get; init; }

    public string[] TrainSequences { get; init; } = [];

    public string[] ValSequences { get; init; } = [];

    public int TrainScenes { get; init; }

    public int ValScenes { get; init; }
}
