using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Model;

/// <summary>A sparse U-Net with what it needs to label points; owns the network.</summary>
internal sealed class SegmentationModel : IDisposable
{
    private readonly PointClassifier _classifier;

    /// <summary>A new network.</summary>
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

    /// <summary>The class of every point of one cloud, 1 to 19: of its voxel's highest score.</summary>
    public int[] Predict(PointCloud cloud) =>
        _classifier.Predict(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());

    public void Dispose() => _classifier.Dispose();
}
