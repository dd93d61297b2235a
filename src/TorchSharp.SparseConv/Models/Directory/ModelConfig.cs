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

/// <summary>Which of the library's networks, and of what size: enough to build it again.</summary>
public sealed class ModelArchitecture
{
    /// <summary>The network's name, one of <see cref="Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Channels of the input's features.</summary>
    public required long InChannels { get; init; }

    /// <summary>Channels of the result, the number of classes of a network that tells classes.</summary>
    public required long OutChannels { get; init; }

    /// <summary>The factor on every other number of channels.</summary>
    public double Width { get; set; } = 1;

    /// <summary>The kernel of the first convolution: one size, or one for each axis.</summary>
    public IReadOnlyList<int> StemKernel { get; set; } = [5];

    /// <summary>The number of spatial axes, 1 to 4.</summary>
    public int Dimensions { get; set; } = 3;

    /// <summary>The names that <see cref="Kind"/> may have.</summary>
    public static IReadOnlyList<string> Kinds => ModelKind.Names;

    /// <summary>
    /// A new network of this architecture. Throws InvalidDataException, naming the property, for a value out of its
    /// range.
    /// </summary>
    public torch.nn.Module Build(torch.Device? device = null, torch.ScalarType? dtype = null)
    {
        ModelConfigCheck.Architecture(this, "");
        return ModelKind.Of(Kind).Build(this, device, dtype);
    }

    /// <summary>A line such as "MinkUNet14, 5 channels in, 20 out, width 0.5, stem (3), 3 axes".</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Kind}, {InChannels} channels in, {OutChannels} out, width {Width}, stem ({string.Join(", ", StemKernel)}), {Dimensions} axes"
        );
}

/// <summary>A class that a network tells; its index is its place in <see cref="ModelConfig.Classes"/>.</summary>
public sealed class ModelClass
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>How it is painted, as CSS writes colours: "#6496f5". Null where nobody chose.</summary>
    public string? Color { get; set; }

    /// <summary>
    /// The labels that stand for the class in files, of which the first is the one to write; its index where there are
    /// none.
    /// </summary>
    public IReadOnlyList<int> Labels { get; set; } = [];
}

/// <summary>
/// One or more channels of a network's input, and how they are made of what points have: value * scale + offset.
/// </summary>
public sealed class ModelInput
{
    /// <summary>The source that is the position along the first axis.</summary>
    public const string X = "x";

    /// <summary>The source that is the position along the second axis.</summary>
    public const string Y = "y";

    /// <summary>The source that is the position along the third axis.</summary>
    public const string Z = "z";

    /// <summary>The source that is the place in the voxel, -0.5 to 0.5 along each axis: one channel an axis.</summary>
    public const string VoxelOffset = "voxel_offset";

    /// <summary>The source that is 1 everywhere.</summary>
    public const string One = "one";

    /// <summary>
    /// x, y, z, voxel_offset, one, or else the name of an attribute of the points, such as intensity or color.
    /// </summary>
    public required string Source { get; init; }

    /// <summary>How many channels an attribute has; what is no attribute knows itself.</summary>
    public int Components { get; set; } = 1;

    /// <summary>What values are multiplied with.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>What is added after that.</summary>
    public double Offset { get; set; }

    /// <summary>The channel's value where points lack the attribute; null where they must have it.</summary>
    public double? Missing { get; set; }

    internal bool IsAttribute => Source is not (X or Y or Z or VoxelOffset or One);

    internal int Channels(int dimensions) =>
        Source is VoxelOffset ? dimensions
        : IsAttribute ? Components
        : 1;
}
