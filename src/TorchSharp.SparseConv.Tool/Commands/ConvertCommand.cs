using System.CommandLine;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>convert: points from one format into another.</summary>
internal sealed class ConvertCommand(Session session)
{
    private readonly Argument<string> _from = Options.File("in", "The file of points to read");
    private readonly Argument<string> _to = Options.File("out", "The file to write; its ending is its format");
    private readonly Option<bool> _drop = Options.Flag(
        "--drop-invalid",
        "Leave out points whose position is not finite"
    );

    public static Command Create(Session session)
    {
        var convert = new ConvertCommand(session);
        var command = new Command("convert", "Writes points in another format, and says what is lost by it.")
        {
            convert._from,
            convert._to,
            convert._drop,
        };
        command.SetAction(convert.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        PointFiles.RequireKnown(to);
        var read = session.Work($"reading {from}", () => PointFiles.Read(from));
        var drop = parsed.GetValue(_drop);
        var cloud = drop || CloudConverter.NeedsFinite(to) ? PointFiles.Finite(from, read, drop) : read;
        session.Work($"writing {to}", () => CloudConverter.Write(to, cloud));
        var report = session.Work(
            $"comparing {to}",
            () => CloudConverter.Compare(from, to, cloud, PointFiles.Read(to), read.Count - cloud.Count)
        );
        session.Report(parsed, report, ToolJson.Default.ConversionReport, report.Show);
        return Application.Success;
    }
}
