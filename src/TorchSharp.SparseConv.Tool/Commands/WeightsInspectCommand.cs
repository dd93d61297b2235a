using System.CommandLine;
using TorchSharp.SparseConv.Tool.Models;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>weights inspect: names, types and shapes, and which network that is.</summary>
internal sealed class WeightsInspectCommand(Session session)
{
    private readonly Argument<string> _file = Options.File(
        "file",
        "Weights: .safetensors, PyTorch's .pt, .pth or .ckpt, .npz, or TorchSharp's own format under any other ending"
    );

    public static Command Create(Session session)
    {
        var inspect = new WeightsInspectCommand(session);
        var command = new Command("inspect", "Lists the tensors of a file, and says which network they are of.")
        {
            inspect._file,
        };
        command.SetAction(inspect.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_file);
        if (!File.Exists(path))
        {
            throw new UsageException($"{path}: there is no such file");
        }
        var report = session.Work($"reading {path}", () => WeightsInspector.Inspect(path));
        session.Report(parsed, report, ToolJson.Default.WeightsReport, report.Show);
        return Application.Success;
    }
}
