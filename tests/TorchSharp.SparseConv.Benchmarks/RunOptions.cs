using System.CommandLine;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>The options that every measuring command has, and what they set in engine and torch.</summary>
internal sealed class RunOptions
{
    private static readonly Dictionary<string, ScalarType> Types = new(StringComparer.Ordinal)
    {
        ["float32"] = ScalarType.Float32,
        ["float64"] = ScalarType.Float64,
        ["bfloat16"] = ScalarType.BFloat16,
        ["float16"] = ScalarType.Float16,
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads of the engine and of torch",
        DefaultValueFactory = _ => get_num_threads(),
    };
    private readonly Option<string> _dtype = new Option<string>("--dtype")
    {
        Description = "Element type of the features; weights are Float32 beside 16 bits",
        DefaultValueFactory = _ => "float32",
    }.AcceptOnlyFromAmong([.. Types.Keys]);
    private readonly Option<string?> _isa = new("--isa")
    {
        Description = "Instruction set of the engine; default: the best that the machine has",
    };
    private readonly Option<int> _repeats = new("--repeats")
    {
        Description = "Runs of which the median is taken, after one to warm up",
        DefaultValueFactory = _ => 7,
    };
    private readonly Option<string?> _only = new("--only") { Description = "One case by name, for example conv_fwd" };
    private readonly Option<FileInfo?> _table = new("--table")
    {
        Description = "Writes the table to this Markdown file as well",
    };

    /// <summary>Adds the options to a command and runs it: a JSON line a case, then the table.</summary>
    public void Serve(Command command, Action<ParseResult, Session> measure)
    {
        foreach (var option in new Option[] { _threads, _dtype, _isa, _repeats, _only, _table })
        {
            command.Add(option);
        }

        command.SetAction(parsed => Run(parsed, measure));
    }

    private void Run(ParseResult parsed, Action<ParseResult, Session> measure)
    {
        if (parsed.GetValue(_isa) is { } isa)
        {
            SparseConvRuntime.Isa = isa;
        }

        var threads = parsed.GetValue(_threads);
        set_num_threads(threads);
        var lines = new List<Measurement>();
        var settings = new Settings(
            Types[parsed.GetValue(_dtype)!],
            threads,
            parsed.GetValue(_repeats),
            parsed.GetValue(_only)
        );
        measure(
            parsed,
            new Session(
                settings,
                line =>
                {
                    Console.WriteLine(line.ToJson());
                    lines.Add(line);
                }
            )
        );
        var table = Measurement.Table(lines);
        Console.WriteLine();
        Console.Write(table);
        if (parsed.GetValue(_table) is { } file)
        {
            File.WriteAllText(file.FullName, table);
        }
    }
}
