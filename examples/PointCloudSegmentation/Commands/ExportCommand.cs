using System.CommandLine;
using PointCloudSegmentation.Model;
using PointCloudSegmentation.Reports;
using Spectre.Console;

namespace PointCloudSegmentation.Commands;

/// <summary>export: writes a model's weights in another format.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> _source = new("from")
    {
        Description = "A checkpoint, or weights in either format",
    };

    private readonly Argument<string> _target = new("to")
    {
        Description = "Where to write: *.safetensors, or any other name for TorchSharp's own format",
    };

    public static Command Create(IAnsiConsole console)
    {
        var export = new ExportCommand();
        var command = new Command(
            "export",
            "Writes a model's weights as safetensors or in TorchSharp's own format, with a .json beside them that describes the network."
        )
        {
            export._source,
            export._target,
        };
        command.SetAction(parsed => export.Run(parsed, console));
        return command;
    }

    private int Run(ParseResult parsed, IAnsiConsole console)
    {
        var target = parsed.GetRequiredValue(_target);
        if (Path.GetExtension(target) is ".json" or ".zip")
        {
            throw new UsageException($"{target}: give the weights another ending, such as .safetensors or .dat");
        }
        using var model = ModelFile.Load(parsed.GetRequiredValue(_source), default);
        ModelFile.Save(model, target);
        PathList.Print(console, [target, ModelDescription.PathBeside(target)]);
        return Application.Success;
    }
}
