using System.Text.Json;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Model;

/// <summary>What must be known beside the weights to use them: the network's shape, and how points become its input.</summary>
internal readonly record struct ModelDescription(MinkUNetKind Network, double Width, int StemKernel, double VoxelSize)
{
    /// <summary>The file that describes the weights at <paramref name="weightsPath"/>: same name, .json.</summary>
    public static string PathBeside(string weightsPath) => Path.ChangeExtension(weightsPath, ".json");

    public static ModelDescription Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ModelDescription>(File.ReadAllText(path), Json.Options);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} does not describe a model: {error.Message}", error);
        }
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json.Options));
}
