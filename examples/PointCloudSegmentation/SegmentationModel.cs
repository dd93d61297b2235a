using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>A sparse U-Net with everything that is needed to label points. It owns the network.</summary>
internal sealed class SegmentationModel : IDisposable
{
    private readonly PointClassifier _classifier;

    /// <summary>Makes a new network.</summary>
    public SegmentationModel(ModelConfig config)
        : this(config, (MinkUNet)config.Architecture.Build()) { }

    /// <summary>Takes over a network.</summary>
    public SegmentationModel(ModelConfig config, MinkUNet network)
    {
        Network = network;
        _classifier = new PointClassifier(network, config);
    }

    public ModelConfig Config => _classifier.Config;

    public MinkUNet Network { get; }

    public long Parameters => Network.parameters().Sum(parameter => parameter.numel());

    /// <summary>
    /// Predicts the class of every point of one cloud, 1 to 19: the class with the highest score in its voxel.
    /// </summary>
    public int[] Predict(PointCloud cloud) =>
        _classifier.Predict(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());

    public void Dispose() => _classifier.Dispose();
}

/// <summary>Saves and loads models: model directories and checkpoints.</summary>
internal static class ModelFile
{
    public static void Save(SegmentationModel model, string folder) =>
        ModelDirectory.Save(folder, model.Network, model.Config);

    /// <summary>Loads a model directory, or the model in a checkpoint.</summary>
    public static SegmentationModel Load(string path)
    {
        if (ModelDirectory.Exists(path))
        {
            return LoadDirectory(path);
        }
        return File.Exists(path)
            ? LoadCheckpoint(path)
            : throw new UsageException(
                $"{path} is neither a model directory nor a checkpoint; "
                    + "train writes both, or give another with --weights"
            );
    }

    private static SegmentationModel LoadDirectory(string folder)
    {
        var network = ModelDirectory.Load(folder);
        if (network is MinkUNet unet)
        {
            return new SegmentationModel(ModelDirectory.ReadConfig(folder), unet);
        }
        network.Dispose();
        throw new InvalidDataException($"{folder} holds no MinkUNet, which is what this program trains");
    }

    private static SegmentationModel LoadCheckpoint(string path)
    {
        var settings = TrainingCheckpoint.ReadState<RunState>(path, Json.Options).Settings;
        var model = new SegmentationModel(settings.Model.Config());
        try
        {
            TrainingCheckpoint.LoadNetwork(path, model.Network);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
