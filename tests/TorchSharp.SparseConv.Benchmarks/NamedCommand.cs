using System.CommandLine;
using BenchmarkDotNet.Running;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>BenchmarkDotNet over the named cases, with its own options.</summary>
internal static class NamedCommand
{
    /// <summary>The command, ready to parse.</summary>
    public static Command Create()
    {
        var rest = new Argument<string[]>("arguments") { Description = "BenchmarkDotNet's options, after --" };
        var command = new Command("named", "BenchmarkDotNet over the named cases: named -- --filter '*Rulebook*'")
        {
            rest,
        };
        command.SetAction(parsed =>
            BenchmarkSwitcher.FromAssembly(typeof(NamedCommand).Assembly).Run(parsed.GetValue(rest), new NamedConfig())
        );
        return command;
    }
}
