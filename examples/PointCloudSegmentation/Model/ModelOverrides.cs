using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Model;

/// <summary>What the command line says about a model that is read from a file; null where it leaves that to the file.</summary>
internal readonly record struct ModelOverrides(MinkUNetKind? Network, double? Width, int? StemKernel, double? VoxelSize)
{
    public ModelDescription Over(ModelDescription file) =>
        new(Network ?? file.Network, Width ?? file.Width, StemKernel ?? file.StemKernel, VoxelSize ?? file.VoxelSize);

    /// <summary>The description where everything is said; null where something is missing.</summary>
    public ModelDescription? Alone() =>
        (Network, Width, StemKernel, VoxelSize) is ({ } network, { } width, { } stem, { } voxel)
            ? new ModelDescription(network, width, stem, voxel)
            : null;
}
