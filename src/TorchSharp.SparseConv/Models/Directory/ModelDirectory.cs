using System.Text.Json.Serialization;

namespace TorchSharp.SparseConv;

/// <summary>
/// A network with all that is needed to use it, as a folder of two files: model.safetensors, the weights, and
/// config.json, a <see cref="ModelConfig"/>.
/// </summary>
public static class ModelDirectory
{
    /// <summary>The file of the weights.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>The file of the <see cref="ModelConfig"/>.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>Whether a folder looks like a model directory: it exists and has a config.json.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, ConfigFile));

    /// <summary>
    /// Writes a network and its description, making the folder where there is none. Throws InvalidDataException, before
    /// anything is written, for a description with a value out of its range.
    /// </summary>
    public static void Save(string folder, torch.nn.Module network, ModelConfig config)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Directory.CreateDirectory(folder);
        Weights.Save(network, Path.Combine(folder, WeightsFile));
        config.Write(Path.Combine(folder, ConfigFile));
    }

    /// <summary>
    /// The description in a folder. Throws FileNotFoundException where there is none, InvalidDataException, naming the
    /// field, for one that does not hold.
    /// </summary>
    public static ModelConfig ReadConfig(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ModelConfig.Read(Path.Combine(folder, ConfigFile));
    }

    /// <summary>
    /// The network in a folder, with its weights, ready for inference. Throws FileNotFoundException where a file is
    /// missing, and InvalidDataException where the description does not hold, or the weights are not those of the
    /// network that it describes; no memory is taken for what the file of weights does not have.
    /// </summary>
    public static torch.nn.Module Load(string folder, torch.Device? device = null, torch.ScalarType? dtype = null)
    {
        var config = ReadConfig(folder);
        var weights = Path.Combine(folder, WeightsFile);
        if (!File.Exists(weights))
        {
            throw new FileNotFoundException($"'{weights}': there is no such file.", weights);
        }

        RequireEnough(config.Architecture, weights);
        var network = config.Architecture.Build(device, dtype);
        try
        {
            Weights.Load(network, weights);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static void RequireEnough(ModelArchitecture architecture, string weights)
    {
        using var file = SafeTensors.Open(weights);
        var found = file.Names.Sum(name => file.Shape(name).Aggregate(1.0, (product, size) => product * size));
        var least = ModelKind.Of(architecture.Kind).LeastWeights(architecture);
        if (found < least)
        {
            throw new InvalidDataException(
                FormattableString.Invariant(
                    $"'{weights}' has {found:N0} numbers, must have {least:N0} or more: {ConfigFile} says {architecture}."
                )
            );
        }
    }
}

/// <summary>
/// How config.json is written and read: snake case, nothing unknown, nothing twice, nothing null that must not be. What
/// may be left out has a setter: the generated code gives up the defaults of init-only properties.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 8,
    WriteIndented = true
)]
[JsonSerializable(typeof(ModelConfig))]
internal sealed partial class ModelJson : JsonSerializerContext;
