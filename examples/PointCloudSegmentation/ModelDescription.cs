using System.CommandLine;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>The choices of a training: the shape of the network and the size of the voxels.</summary>
internal readonly record struct ModelDescription(MinkUNetKind Network, double Width, int StemKernel, double VoxelSize)
{
    private const double HeightUnit = 2; // metres: brings the height to about -1 to 1

    /// <summary>
    /// The complete description of the network. Its inputs are the intensity of a point, its height, and its place in
    /// its voxel. Its outputs are the classes of SemanticKITTI, which have the raw ids as labels in files.
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

    // The id that is written for a class comes first, followed by the other ids that are read as it.
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

/// <summary>The options that describe the network to train.</summary>
internal sealed class ModelOptions
{
    private static readonly ModelDescription Default = new(MinkUNetKind.MinkUNet14, 0.5, 3, 0.15);

    private readonly Option<MinkUNetKind> _network = new("--model")
    {
        Description = "The network's depth: minkunet14, minkunet18, minkunet34 or minkunet50",
        HelpName = "network",
        CustomParser = ParseNetwork,
        DefaultValueFactory = _ => Default.Network,
    };

    private readonly Option<double> _width = Options
        .Value("--width", "Factor on the network's channels", Default.Width)
        .Positive();

    private readonly Option<int> _stemKernel = Options
        .Value("--stem-kernel", "Kernel size of the first convolution, 3 or 5", Default.StemKernel)
        .Positive();

    private readonly Option<double> _voxelSize = Options
        .Value("--voxel-size", "Edge of a voxel, metres", Default.VoxelSize)
        .Positive();

    public void AddTo(Command command)
    {
        command.Add(_network);
        command.Add(_width);
        command.Add(_stemKernel);
        command.Add(_voxelSize);
    }

    public ModelDescription Description(ParseResult parsed) =>
        new(
            parsed.GetValue(_network),
            parsed.GetValue(_width),
            parsed.GetValue(_stemKernel),
            parsed.GetValue(_voxelSize)
        );

    private static MinkUNetKind ParseNetwork(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (
            Enum.TryParse<MinkUNetKind>(text, ignoreCase: true, out var network)
            && Enum.IsDefined(network)
            && char.IsLetter(text[0])
        )
        {
            return network;
        }
        var names = string.Join(", ", Enum.GetNames<MinkUNetKind>()).ToLowerInvariant();
        result.AddError($"--model is '{text}', must be one of {names}");
        return default;
    }
}
