using System.CommandLine;
using PointCloudSegmentation.Model;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Commands;

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
