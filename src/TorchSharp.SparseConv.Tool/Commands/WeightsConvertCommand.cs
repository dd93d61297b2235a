using System.CommandLine;
using TorchSharp.SparseConv.Tool.Models;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>weights convert: another format, or another library's layout.</summary>
internal sealed class WeightsConvertCommand(Session session)
{
    private readonly Argument<string> _from = Options.File("in", "The file to read");
    private readonly Argument<string> _to = Options.File(
        "out",
        "The file to write: .safetensors, .pt, .pth, .ckpt or .npz"
    );

    private readonly Option<string[]> _layout = new("--layout")
    {
        Description = $"Layouts to read and to write: two of {Layouts.Names}",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _dimensions = new("--dimensions")
    {
        Description = "Spatial axes of the kernels, for --layout",
        DefaultValueFactory = _ => 3,
    };

    public static Command Create(Session session)
    {
        var convert = new WeightsConvertCommand(session);
        var command = new Command(
            "convert",
            "Writes weights in another format, and their kernels in the layout of another library."
        )
        {
            convert._from,
            convert._to,
            convert._layout,
            convert._dimensions,
        };
        command.SetAction(convert.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        if (!File.Exists(from))
        {
            throw new UsageException($"{from}: there is no such file");
        }
        if (!WeightsInspector.IsKnown(to))
        {
            throw new UsageException(
                $"{to}: the ending \"{Path.GetExtension(to)}\" is no format to write, must be one of {string.Join(", ", WeightsInspector.Extensions)}"
            );
        }
        var dimensions = parsed.GetValue(_dimensions);
        if (dimensions is < 1 or > 4)
        {
            throw new UsageException($"--dimensions is {dimensions}, must be 1 to 4");
        }
        var converter = parsed.GetValue(_layout) is [var source, var target]
            ? new LayoutConverter(Layouts.Of(source), Layouts.Of(target), dimensions)
            : null;
        PointFiles.MakeFolder(to);
        using var scope = torch.NewDisposeScope();
        var tensors = session.Work($"reading {from}", () => Weights.Read(from));
        var converted = converter?.Convert(tensors) ?? [.. tensors];
        session.Work($"writing {to}", () => Weights.Write(to, converted));
        var names = parsed.GetValue(_layout);
        var report = new WeightsConversionReport
        {
            From = from,
            To = to,
            Tensors = converted.Count,
            FromLayout = converter is null ? null : Layouts.NameOf(Layouts.Of(names![0])),
            ToLayout = converter is null ? null : Layouts.NameOf(Layouts.Of(names![1])),
            Kernels = converter?.Kernels ?? [],
        };
        session.Report(parsed, report, ToolJson.Default.WeightsConversionReport, report.Show);
        return Application.Success;
    }
}
