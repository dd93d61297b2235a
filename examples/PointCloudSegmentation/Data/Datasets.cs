using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Data;

/// <summary>Where scans come from: a folder in SemanticKITTI's layout, or generated streets.</summary>
internal static class Datasets
{
    // Far from the seeds that people choose, so that the scenes to measure are never among those to learn.
    private const int ValidationSeedOffset = 1_000_003;

    public static IPointCloudDataset Training(DataSettings data, int seed) =>
        data.Folder is { } folder
            ? new SemanticKittiDataset(folder, data.TrainSequences)
            : new GeneratedStreetScenes(seed, data.TrainScenes);

    public static IPointCloudDataset Validation(DataSettings data, int seed) =>
        data.Folder is { } folder
            ? new SemanticKittiDataset(folder, data.ValSequences)
            : new GeneratedStreetScenes(unchecked(seed + ValidationSeedOffset), data.ValScenes);
}
