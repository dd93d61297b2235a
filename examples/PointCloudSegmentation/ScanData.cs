using System.CommandLine;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>The options that choose the scans.</summary>
internal sealed class DataOptions
{
    private readonly Option<string?> _folder = Options.Text(
        "--data",
        "Folder in SemanticKITTI's layout (holds sequences/NN/velodyne and labels); without it, streets are generated"
    );

    private readonly Option<string[]> _trainSequences = Options.List(
        "--train-sequences",
        "Sequences of --data to learn from",
        "00",
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "09",
        "10"
    );

    private readonly Option<string[]> _valSequences = Options.List(
        "--val-sequences",
        "Sequences of --data to measure on",
        "08"
    );

    private readonly Option<int> _scenes = Options.Value("--scenes", "Generated streets to learn from", 48).Positive();

    private readonly Option<int> _valScenes = Options
        .Value("--val-scenes", "Generated streets to measure on", 8)
        .Positive();

    public void AddForTraining(Command command)
    {
        command.Add(_folder);
        command.Add(_trainSequences);
        command.Add(_valSequences);
        command.Add(_scenes);
        command.Add(_valScenes);
    }

    public void AddForMeasuring(Command command)
    {
        command.Add(_folder);
        command.Add(_valSequences);
        command.Add(_valScenes);
    }

    public DataSettings Training(ParseResult parsed) =>
        Folder(parsed) is { } folder
            ? new DataSettings
            {
                Folder = folder,
                TrainSequences = parsed.GetRequiredValue(_trainSequences),
                ValSequences = parsed.GetRequiredValue(_valSequences),
            }
            : new DataSettings
            {
                TrainScenes = parsed.GetRequiredValue(_scenes),
                ValScenes = parsed.GetRequiredValue(_valScenes),
            };

    public DataSettings Measuring(ParseResult parsed) =>
        Folder(parsed) is { } folder
            ? new DataSettings { Folder = folder, ValSequences = parsed.GetRequiredValue(_valSequences) }
            : new DataSettings { ValScenes = parsed.GetRequiredValue(_valScenes) };

    private string? Folder(ParseResult parsed)
    {
        if (parsed.GetValue(_folder) is not { } folder)
        {
            return null;
        }
        return Directory.Exists(folder)
            ? Path.GetFullPath(folder)
            : throw new UsageException($"--data {folder}: there is no such folder; it must hold sequences/NN/velodyne");
    }
}

/// <summary>The scans to train on and to measure on.</summary>
internal sealed class DataSettings
{
    /// <summary>The folder that holds sequences/NN; null for generated streets.</summary>
    public string? Folder { get; init; }

    public string[] TrainSequences { get; init; } = [];

    public string[] ValSequences { get; init; } = [];

    public int TrainScenes { get; init; }

    public int ValScenes { get; init; }
}

/// <summary>Makes the data sets: a folder of SemanticKITTI, or generated streets.</summary>
internal static class Datasets
{
    // Far from the seeds that people choose, so that validation scenes never occur in training.
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
