using PointCloudSegmentation.Training;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Model;

/// <summary>Models on disk: weights (.safetensors, or TorchSharp's own format) with their description beside them, and checkpoints.</summary>
internal static class ModelFile
{
    public static void Save(SegmentationModel model, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        Weights.Save(model.Network, path);
        model.Description.Write(ModelDescription.PathBeside(path));
    }

    /// <summary>Reads a model; what <paramref name="wanted"/> says goes before the description beside the weights.</summary>
    public static SegmentationModel Load(string path, ModelOverrides wanted)
    {
        if (!File.Exists(path))
        {
            throw new UsageException(
                $"{path}: there is no such file; train writes one, or give another with --weights"
            );
        }
        return Checkpoint.IsCheckpoint(path) ? LoadCheckpoint(path, wanted) : LoadWeights(path, wanted);
    }

    private static SegmentationModel LoadCheckpoint(string path, ModelOverrides wanted)
    {
        using var checkpoint = Checkpoint.Open(path);
        var weights = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.dat");
        try
        {
            checkpoint.ExtractWeights(weights);
            return LoadInto(new SegmentationModel(wanted.Over(checkpoint.Settings.Model)), weights, path);
        }
        finally
        {
            File.Delete(weights);
        }
    }

    private static SegmentationModel LoadWeights(string path, ModelOverrides wanted)
    {
        var beside = ModelDescription.PathBeside(path);
        var description = File.Exists(beside)
            ? wanted.Over(ModelDescription.Read(beside))
            : wanted.Alone()
                ?? throw new UsageException(
                    $"{beside}, which describes the network, is not there; give --model, --width, --stem-kernel and --voxel-size"
                );
        return LoadInto(new SegmentationModel(description), path, path);
    }

    private static SegmentationModel LoadInto(SegmentationModel model, string weights, string shownPath)
    {
        try
        {
            Weights.Load(model.Network, weights);
            return model;
        }
        catch (Exception error)
        {
            model.Dispose();
            if (!string.Equals(weights, shownPath, StringComparison.Ordinal) && error is InvalidDataException)
            {
                throw new InvalidDataException(
                    error.Message.Replace(weights, shownPath, StringComparison.Ordinal),
                    error
                );
            }
            throw;
        }
    }
}
