using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;

namespace TorchSharp.SparseConv.Tool;

/// <summary>weights: the commands for weights files.</summary>
internal static class WeightsCommand
{
    /// <summary>The option that chooses one state_dict of a PyTorch file.</summary>
    public static Option<string?> PlaceOption() =>
        Options.Text(
            "--place",
            "Where a PyTorch file holds the state_dict, such as nets.a; needed where it holds several"
        );

    public static Command Create(Session session) =>
        new("weights", "Looks into files of weights and converts them.")
        {
            WeightsInspectCommand.Create(session),
            WeightsConvertCommand.Create(session),
        };
}

/// <summary>weights inspect: lists names, types and shapes, and recognises the network.</summary>
internal sealed class WeightsInspectCommand(Session session)
{
    private readonly Argument<string> _file = Options.File(
        "file",
        "Weights: .safetensors, PyTorch's .pt, .pth or .ckpt, .npz, or TorchSharp's own format under any other ending"
    );

    private readonly Option<string?> _place = WeightsCommand.PlaceOption();

    public static Command Create(Session session)
    {
        var inspect = new WeightsInspectCommand(session);
        var command = new Command("inspect", "Lists the tensors of a file, and says which network they are of.")
        {
            inspect._file,
            inspect._place,
        };
        command.SetAction(inspect.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_file);
        WeightsInspector.RequireFile(path);
        var report = session.Work($"reading {path}", () => WeightsInspector.Inspect(path, parsed.GetValue(_place)));
        report.Write(session, parsed);
        return Shell.Success;
    }
}

/// <summary>weights convert: writes another format, or the layout of another library.</summary>
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

    private readonly Option<string?> _place = WeightsCommand.PlaceOption();

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
            convert._place,
        };
        command.SetAction(convert.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        WeightsInspector.RequireFile(from);
        if (!WeightsInspector.IsKnown(to))
        {
            throw new UsageException(
                $"{to}: the ending \"{Path.GetExtension(to)}\" is no format to write, "
                    + $"must be one of {string.Join(", ", WeightsInspector.Extensions)}"
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
        var tensors = session.Work($"reading {from}", () => Weights.Read(from, parsed.GetValue(_place)));
        if (tensors.Count == 0)
        {
            throw new InvalidDataException($"{from} holds no tensor that is read, so that there is nothing to write");
        }
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
        report.Write(session, parsed);
        return Shell.Success;
    }
}

/// <summary>info and weights inspect: a weights file.</summary>
internal sealed class WeightsReport : Report
{
    public string Kind { get; init; } = "weights";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The network that FromCheckpoint would build; null if it recognises none.</summary>
    public required string? Architecture { get; init; }

    /// <summary>The number of values of all tensors together.</summary>
    public required long Numbers { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required IReadOnlyList<TensorReport> Tensors { get; init; }

    protected override void Show(IAnsiConsole console)
    {
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            ("network", Architecture ?? "none that the library recognises"),
            ("tensors", $"{Tables.Count(Tensors.Count)} of {Tables.Count(Numbers)} numbers")
        );
        foreach (var (key, value) in Metadata)
        {
            Tables.Facts(console, ($"metadata {key}", value));
        }
        var table = Tables.New(3, "name", "type", "shape");
        foreach (var tensor in Tensors)
        {
            table.Add(tensor.Name, tensor.Type, tensor.Shape.Count == 0 ? "scalar" : string.Join(" x ", tensor.Shape));
        }
        console.Write(table);
    }
}

/// <summary>One tensor of a weights file.</summary>
internal sealed class TensorReport
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public required IReadOnlyList<long> Shape { get; init; }
}

/// <summary>Inspects a weights file without reading tensors.</summary>
internal static class WeightsInspector
{
    /// <summary>The endings of weights files; .npz may also be a cloud.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".safetensors", ".pt", ".pth", ".ckpt", ".npz"];

    public static bool IsKnown(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new UsageException($"{path}: there is no such file");
        }
    }

    public static WeightsReport Inspect(string path, string? place = null)
    {
        var entries = Weights.Entries(path, place);
        return new WeightsReport
        {
            File = path,
            Format = PointFiles.FormatOf(path),
            Bytes = new FileInfo(path).Length,
            Architecture = place is null ? MinkUNet.DescribeCheckpoint(path) ?? SPVCNN.DescribeCheckpoint(path) : null,
            Numbers = entries.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size)),
            Metadata = Metadata(path),
            Tensors =
            [
                .. entries.Select(entry => new TensorReport
                {
                    Name = entry.Name,
                    Type = entry.Type.ToString(),
                    Shape = entry.Shape,
                }),
            ],
        };
    }

    private static IReadOnlyDictionary<string, string> Metadata(string path)
    {
        if (!PointFiles.HasEnding(path, ".safetensors"))
        {
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }
        using var file = SafeTensors.Open(path);
        return file.Metadata;
    }
}

/// <summary>weights convert: the file that was written.</summary>
internal sealed class WeightsConversionReport : Report
{
    public required string From { get; init; }

    public required string To { get; init; }

    public required int Tensors { get; init; }

    /// <summary>The layouts read and written, such as "SpConv2"; null if tensors were copied unchanged.</summary>
    public required string? FromLayout { get; init; }

    public required string? ToLayout { get; init; }

    /// <summary>The old names of the tensors whose layout was changed.</summary>
    public required IReadOnlyList<string> Kernels { get; init; }

    protected override void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("written", To),
            ("tensors", Tables.Count(Tensors)),
            ("layout", FromLayout is null ? null : $"{FromLayout} to {ToLayout}, {Kernels.Count} kernels")
        );
}
