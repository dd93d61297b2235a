using System.Diagnostics;
using System.Globalization;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>
/// The classes of a scene of any size, told tile by tile. Each tile has a margin of the network's reach, so that every
/// point gets the class that it gets when the whole scene is labelled at once.
/// </summary>
internal sealed class ScenePrediction
{
    private const int PointsPerBlock = 1 << 20;

    // What a process takes before the first tile, and what a point of a tile takes in the network at most; measured with
    // MinkUNet18 and about one point in each voxel.
    private const long BytesOfProcess = 500_000_000;
    private const long BytesPerPoint = 700;

    private readonly string _file;
    private readonly PointClassifier _model;
    private readonly double _seconds;
    private readonly int _tiles;

    private ScenePrediction(string file, PointClassifier model, byte[] classes, int tiles, double seconds)
    {
        _file = file;
        _model = model;
        Classes = classes;
        _tiles = tiles;
        _seconds = seconds;
    }

    /// <summary>The class of each point, in the order of the file.</summary>
    public byte[] Classes { get; }

    public static ScenePrediction Of(Session session, PointClassifier model, string file, long memory)
    {
        var config = model.Config;
        var reach =
            model.Reach()
            ?? throw new UsageException(
                $"--memory: a {config.Architecture.Kind} reads more than a part of a scene; leave --memory out"
            );
        if (config.Classes.Count > byte.MaxValue + 1)
        {
            throw new UsageException(
                $"--memory: the model has {config.Classes.Count} classes, at most 256 are possible"
            );
        }
        if (memory <= BytesOfProcess)
        {
            throw new UsageException($"--memory is {memory} bytes, must be more than {BytesOfProcess}");
        }
        var clock = Stopwatch.StartNew();
        var (across, along) = (
            config.VoxelSize[0],
            config.VoxelSize.Count > 1 ? config.VoxelSize[1] : config.VoxelSize[0]
        );
        if (across != along)
        {
            throw new UsageException($"--memory: voxels are {across} by {along} m, tiles are made of square ones");
        }
        var options = new SceneTileOptions
        {
            CellSize = across,
            Margin = Math.Max(reach[0], reach[1]),
            MostPoints = (memory - BytesOfProcess) / BytesPerPoint,
            Attributes = [.. config.Inputs.Select(input => input.Source)],
        };
        using var tiles = session.Work($"cutting {file} into tiles", () => Cut(file, options, session.Stop));
        var classes = new byte[tiles.Points];
        session.Work(
            $"labelling {tiles.Points} points in {tiles.Count} tiles",
            progress =>
            {
                long done = 0;
                foreach (var tile in tiles.Read())
                {
                    session.Stop.ThrowIfCancellationRequested();
                    var found = model.Predict(tile.Cloud.Positions, name => tile.Cloud.Find(name)?.Values.ToSingle());
                    for (var i = 0; i < found.Length; i++)
                    {
                        if (tile.IsOwn[i])
                        {
                            classes[tile.Points[i]] = (byte)found[i];
                            done++;
                        }
                    }
                    progress((double)done / tiles.Points);
                }
                return done;
            }
        );
        return new ScenePrediction(file, model, classes, tiles.Count, clock.Elapsed.TotalSeconds);
    }

    public PredictionReport Report(ModelLabels labels, string folder, IReadOnlyList<string> written)
    {
        var matrix = new ConfusionMatrix(labels.Names.Count, _model.Config.IgnoreClass);
        string? problem = null;
        string[] assumed = [];
        var predicted = new long[labels.Names.Count];
        long first = 0;
        foreach (var block in PointCloudFile.ReadBlocks(_file, PointsPerBlock))
        {
            var classes = Array.ConvertAll(Classes[(int)first..(int)(first + block.Count)], index => (int)index);
            Array.ForEach(classes, index => predicted[index]++);
            first += block.Count;
            assumed = PredictionReport.AssumedIn(block, _model.Config);
            if (problem is null && Prediction.FindTruth(block, labels, out problem) is { } truth)
            {
                matrix.Add(truth, classes);
            }
        }
        var compared = problem is null ? matrix : null;
        return new PredictionReport
        {
            Model = folder,
            File = _file,
            Tiles = _tiles,
            Points = Classes.LongLength,
            DroppedPoints = 0,
            AssumedInputs = assumed,
            Seconds = _seconds,
            Classes = PredictionReport.ClassesOf(labels, predicted, compared),
            MeanIou = compared is null ? null : PredictionReport.Known(compared.MeanIoU),
            Accuracy = compared is null ? null : PredictionReport.Known(compared.Accuracy),
            NotCompared = problem,
            Written = written,
        };
    }

    private static SceneTiles Cut(string file, SceneTileOptions options, CancellationToken stop)
    {
        try
        {
            return SceneTiles.Create(() => PointCloudFile.ReadBlocks(file, PointsPerBlock), options, stop);
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"{file}: {error.Message}; give more --memory", error);
        }
    }
}

/// <summary>Sizes of memory as people write them.</summary>
internal static class MemorySize
{
    private const string Units = "KMGT";

    /// <summary>The bytes in a text such as 500M, 1.5G or 2000000000: K is 1,024, M is 1,024 K, and so on.</summary>
    public static long Parse(string text)
    {
        var digits = text.AsSpan().Trim().TrimEnd("iIbB");
        var unit = digits.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(digits[^1]), StringComparison.Ordinal) : -1;
        return
            double.TryParse(
                unit < 0 ? digits : digits[..^1],
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            )
            && number > 0
            && number * Math.Pow(1024, unit + 1) < long.MaxValue
            ? (long)(number * Math.Pow(1024, unit + 1))
            : throw new UsageException($"--memory is {text}, must be a size such as 500M or 2G");
    }
}
