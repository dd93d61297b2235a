using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TorchSharp.SparseConv.Core;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>The command line: what other implementations can be held against, one JSON line a case and a table at the end.</summary>
internal static class CompareCommand
{
    private static readonly Option<FileInfo[]> Coords = new("--coords")
    {
        Description =
            "Voxels to measure, repeatable: little-endian int32 rows batch, x, y, z. Default: the sets at hand",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of the engine and of torch",
        DefaultValueFactory = _ => SparseConvRuntime.Threads,
    };
    private static readonly Option<string> Dtype = new Option<string>("--dtype")
    {
        Description = "Element type of features and weights",
        DefaultValueFactory = _ => "float32",
    }.AcceptOnlyFromAmong("float32", "float64");
    private static readonly Option<string?> Isa = new("--isa")
    {
        Description = "Instruction set of the engine; default: the best that the machine has",
    };
    private static readonly Option<(long, long)[]> Channels = new("--channels")
    {
        Description = "Input and output channels of the convolutions, for example 32:32,64:64",
        CustomParser = ParseChannels,
        DefaultValueFactory = _ => [(4, 32), (17, 20), (32, 32), (64, 64), (96, 96), (128, 128), (256, 256)],
    };
    private static readonly Option<string?> Only = new("--only")
    {
        Description = "One case by name, for example conv_fwd",
    };
    private static readonly Option<int> Repeats = new("--repeats")
    {
        Description = "Runs of which the median is taken, after one to warm up",
        DefaultValueFactory = _ => 7,
    };
    private static readonly Option<FileInfo?> Table = new("--table")
    {
        Description = "Writes the table to this Markdown file as well",
    };

    /// <summary>The command, ready to parse.</summary>
    public static RootCommand Create()
    {
        var command = new RootCommand("Performance of TorchSharp.SparseConv: one JSON line a case, a table at the end.")
        {
            Coords,
            Threads,
            Dtype,
            Isa,
            Channels,
            Only,
            Repeats,
            Table,
        };
        command.SetAction(Run);
        return command;
    }

    private static void Run(ParseResult parsed)
    {
        if (parsed.GetValue(Isa) is { } isa)
            SparseConvRuntime.Isa = isa;
        var files = parsed.GetValue(Coords) ?? [];
        var settings = new Settings(
            files.Length > 0 ? [.. files.Select(Cloud.Read)] : [.. Cloud.Defaults()],
            parsed.GetValue(Channels)!,
            string.Equals(parsed.GetValue(Dtype), "float64", StringComparison.Ordinal) ? float64 : float32,
            parsed.GetValue(Threads),
            parsed.GetValue(Repeats),
            parsed.GetValue(Only)
        );
        SparseConvRuntime.Threads = settings.Threads;
        set_num_threads(settings.Threads);
        var lines = Measure(settings);
        var table = TableOf(lines);
        Console.WriteLine();
        Console.Write(table);
        if (parsed.GetValue(Table) is { } file)
            File.WriteAllText(file.FullName, table);
    }

    private static List<Measurement> Measure(Settings settings)
    {
        var lines = new List<Measurement>();
        var session = new Session(
            settings,
            line =>
            {
                Console.WriteLine(line.ToJson());
                lines.Add(line);
            }
        );
        session.MeasureCeilings();
        foreach (var cloud in settings.Clouds)
        {
            EngineBench.Run(session, cloud);
            NetworkBench.Run(session, cloud);
        }
        return lines;
    }

    private static (long, long)[] ParseChannels(ArgumentResult result)
    {
        var channels = new List<(long, long)>();
        foreach (var pair in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            var sides = pair.Split(':');
            if (
                sides.Length == 2
                && long.TryParse(sides[0], CultureInfo.InvariantCulture, out var input)
                && long.TryParse(sides[1], CultureInfo.InvariantCulture, out var output)
                && input > 0
                && output > 0
            )
                channels.Add((input, output));
            else
                result.AddError($"--channels has '{pair}', must be input:output, for example 32:64.");
        }
        return [.. channels];
    }

    private static string TableOf(IEnumerable<Measurement> lines)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine("| bench | set | voxels | pairs | channels | ms | GFLOP/s | of sgemm |");
        text.WriteLine("|---|---|---:|---:|---|---:|---:|---:|");
        foreach (var m in lines)
        {
            FormattableString row =
                $"| {m.Bench} | {m.Set} | {m.Voxels} | {m.Pairs} | {(m.Cin is null ? "" : $"{m.Cin}-{m.Cout}")} | {m.Ms:F2} | {m.Gflops:F0} | {m.OfSgemm:P0} |";
            text.WriteLine(row.ToString(CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}
