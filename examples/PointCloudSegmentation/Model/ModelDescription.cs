using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Model;

/// <summary>What a training chooses of its network: the network's shape, and the voxels that it sees.</summary>
internal readonly record struct ModelDescription(MinkUNetKind Network, double Width, int StemKernel, double VoxelSize)
{
    private const double HeightUnit = 2; // metres: brings the height to about -1 to 1

    /// <summary>
    /// All that must be known to use the network: it sees of a point its intensity, its height, and where in its voxel it
    /// lies, and tells SemanticKITTI's classes, whose labels in files are the raw ids.
    /// </summary>
    public ModelConfig Config() =>
        new()
        {
            Architecture = new ModelArchitecture
            {
                Kind = $"{Network}",
                InChannels = 5,
                OutChannels = SemanticKittiClasses.Count,
                Width = Width,
                StemKernel = [StemKernel],
            },
            VoxelSize = [VoxelSize],
            Inputs =
            [
                new ModelInput { Source = PointAttribute.Intensity, Missing = 0 },
                new ModelInput { Source = ModelInput.Z, Scale = 1 / HeightUnit },
                new ModelInput { Source = ModelInput.VoxelOffset },
            ],
            Classes = [.. Enumerable.Range(0, SemanticKittiClasses.Count).Select(Class)],
            IgnoreClass = SemanticKittiClasses.Unlabeled,
        };

    // The id that is written for a class comes first, then all others that are read as it.
    private static ModelClass Class(int label)
    {
        var written = SemanticKittiClasses.RawId(label);
        var read = SemanticKittiClasses.LearningMap.Where(entry => entry.Value == label).Select(entry => entry.Key);
        return new ModelClass
        {
            Name = SemanticKittiClasses.Names[label],
            Color = $"{SemanticKittiClasses.Colors[label]}",
            Labels = [written, .. read.Where(id => id != written).Order()],
        };
    }
}
