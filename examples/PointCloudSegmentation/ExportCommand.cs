using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation;

/// <summary>export: writes a model in another form.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> _source = Options.File("from", "A checkpoint, or a model directory");

    private readonly Argument<string> _target = Options.File(
        "to",
        "Where to write: a model directory, or weights alone where the name has an ending: .safetensors, .pt, .npz, "
            + "or any other for TorchSharp's own format"
    );

    public static Command Create(Session session)
    {
        var export = new ExportCommand();
        var command = new Command(
            "export",
            "Writes a model as a model directory, or its weights alone in another format."
        )
        {
            export._source,
            export._target,
        };
        command.SetAction(parsed => export.Run(parsed, session));
        return command;
    }

    private int Run(ParseResult parsed, Session session)
    {
        var target = parsed.GetRequiredValue(_target);
        if (Path.GetExtension(target) is ".json" or ".zip")
        {
            throw new UsageException($"{target}: give the weights another ending, such as .safetensors or .dat");
        }
        using var model = ModelFile.Load(parsed.GetRequiredValue(_source));
        if (Path.GetExtension(target).Length == 0)
        {
            ModelFile.Save(model, target);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
            Weights.Save(model.Network, target);
        }
        session.Results([target]);
        return Shell.Success;
    }
}
