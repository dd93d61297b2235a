using PointCloudSegmentation.Data;
using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Model;

/// <summary>A sparse U-Net with what it needs to label points; owns the network.</summary>
internal sealed class SegmentationModel : IDisposable
{
    public SegmentationModel(ModelDescription description)
    {
        Description = description;
        Network = MinkUNet.Create(
            description.Network,
            PointFeatures.Channels,
            SemanticKittiClasses.Count,
            description.Width,
            description.StemKernel
        );
    }

    public ModelDescription Description { get; }

    public MinkUNet Network { get; }

    public long Parameters => Network.parameters().Sum(parameter => parameter.numel());

    /// <summary>The class of every point of one cloud, 1 to 19: of its voxel's highest score.</summary>
    public int[] Predict(PointCloud cloud)
    {
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        Network.eval();
        using var batch = Batch.Voxelize(PointBatch.Join([cloud], Description.VoxelSize), Description.VoxelSize);
        var scores = Network.call(batch.Input).features;
        // Class 0 is never learned, so it is never an answer.
        var best = scores.narrow(1, 1, SemanticKittiClasses.Count - 1).argmax(1).data<long>().ToArray();
        return Array.ConvertAll(batch.VoxelOfPoint, voxel => (int)best[voxel] + 1);
    }

    public void Dispose() => Network.Dispose();
}
