using System.Text.Json;

namespace TorchSharp.SparseConv;

/// <summary>
/// What must be known beside its weights to use a network on points: the config.json of a <see cref="ModelDirectory"/>.
/// </summary>
public sealed class ModelConfig
{
    internal const string FormatName = "TorchSharp.SparseConv model";
    internal const int NewestVersion = 1;
    private const long LargestFile = 1 << 24;

    /// <summary>What the file is: always "TorchSharp.SparseConv model".</summary>
    public string Format { get; set; } = FormatName;

    /// <summary>The version of the format, 1.</summary>
    public int Version { get; set; } = NewestVersion;

    /// <summary>The network.</summary>
    public required ModelArchitecture Architecture { get; init; }

    /// <summary>The edge of a voxel in the unit of the positions: one length, or one for each axis.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    /// <summary>The channels of the input, in order.</summary>
    public required IReadOnlyList<ModelInput> Inputs { get; init; }

    /// <summary>
    /// The classes that the output's channels stand for, in order; empty for a network that tells none.
    /// </summary>
    public IReadOnlyList<ModelClass> Classes { get; set; } = [];

    /// <summary>The class that was not learned: it is neither predicted nor scored. Null where there is none.</summary>
    public int? IgnoreClass { get; set; }

    /// <summary>
    /// Reads a file. Throws FileNotFoundException where there is none, and InvalidDataException, naming the file and
    /// the field, for one that is no JSON, lacks a field, has one too many, or a value out of its range.
    /// </summary>
    public static ModelConfig Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}': there is no such file.", path);
        }

        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > LargestFile)
            {
                throw new InvalidDataException($"it has {file.Length} bytes, must have at most {LargestFile}.");
            }

            var config =
                JsonSerializer.Deserialize(file, ModelJson.Default.ModelConfig)
                ?? throw new InvalidDataException("it is null, must be an object.");
            config.Validate();
            return config;
        }
        catch (Exception error) when (error is JsonException or InvalidDataException)
        {
            throw new InvalidDataException($"'{path}' describes no model: {error.Message}", error);
        }
    }

    /// <summary>
    /// Writes a file, replacing what is there. Throws InvalidDataException, naming the field, for a value out of its
    /// range.
    /// </summary>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Validate();
        File.WriteAllText(path, JsonSerializer.Serialize(this, ModelJson.Default.ModelConfig) + "\n");
    }

    /// <summary>
    /// Throws InvalidDataException, naming the field as config.json does, for the first value out of its range.
    /// </summary>
    public void Validate() => ModelConfigCheck.All(this);

    /// <summary>
    /// The network's input of points: [points, in_channels], row-major, of positions [points, axes] and of the
    /// attributes that <see cref="Inputs"/> name. The function gives an attribute's values, the first point's
    /// components first, or null where the points have none of that name. Throws ArgumentException for an attribute
    /// that is missing and must not be, or has another number of values.
    /// </summary>
    public float[] Features(ReadOnlySpan<float> positions, Func<string, float[]?> attribute)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        Validate();
        return ModelFeatures.Of(this, positions, attribute);
    }
}
