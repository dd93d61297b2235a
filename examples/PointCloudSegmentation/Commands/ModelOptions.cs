using System.CommandLine;
using PointCloudSegmentation.Model;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Commands;

/// <summary>The options that describe the network: with defaults to train one, without to read one.</summary>
internal sealed class ModelOptions
{
    private static readonly ModelDescription Default = new(MinkUNetKind.MinkUNet14, 0.5, 3, 0.15);

    private readonly Option<MinkUNetKind?> _network = new("--model")
    {
        Description = "The network's depth: minkunet14, minkunet18, minkunet34 or minkunet50",
        HelpName = "network",
        CustomParser = ParseNetwork,
    };

    private readonly Option<double?> _width = Options
        .Maybe<double>("--width", "Factor on the network's channels")
        .PositiveIfGiven();

    private readonly Option<int?> _stemKernel = Options
        .Maybe<int>("--stem-kernel", "Kernel size of the first convolution, 3 or 5")
        .PositiveIfGiven();

    private readonly Option<double?> _voxelSize = Options
        .Maybe<double>("--voxel-size", "Edge of a voxel, metres")
        .PositiveIfGiven();

    /// <summary>Each option with its default.</summary>
    public void AddForTraining(Command command) =>
        Add(
            command,
            $"{Default.Network}".ToLowerInvariant(),
            $"{Default.Width}",
            $"{Default.StemKernel}",
            $"{Default.VoxelSize}"
        );

    /// <summary>Each option as something that a file says unless it is given.</summary>
    public void AddForReading(Command command)
    {
        const string FromFile = "as the weights say";
        Add(command, FromFile, FromFile, FromFile, FromFile);
    }

    private void Add(Command command, params string[] defaults)
    {
        var options = new Option[] { _network, _width, _stemKernel, _voxelSize };
        foreach (var (option, value) in options.Zip(defaults))
        {
            option.Description += $" [default: {value}]";
            command.Add(option);
        }
    }

    public ModelDescription Description(ParseResult parsed) => Overrides(parsed).Over(Default);

    public ModelOverrides Overrides(ParseResult parsed) =>
        new(
            parsed.GetValue(_network),
            parsed.GetValue(_width),
            parsed.GetValue(_stemKernel),
            parsed.GetValue(_voxelSize)
        );

    private static MinkUNetKind? ParseNetwork(System.CommandLine.Parsing.ArgumentResult result)
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
        return null;
    }
}
