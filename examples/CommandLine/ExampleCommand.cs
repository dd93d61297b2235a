using System.CommandLine;
using TorchSharp;
using TorchSharp.SparseConv;

namespace Examples.CommandLine;

/// <summary>One example's command line: its options, --seed and --threads, and how its errors are told.</summary>
public sealed class ExampleCommand
{
    /// <summary>The exit code of a run that did what it was asked.</summary>
    public const int Success = 0;

    /// <summary>The exit code where something went wrong on the way.</summary>
    public const int Failed = 1;

    /// <summary>The exit code where the command line asks for what cannot be.</summary>
    public const int Misused = 2;

    private readonly RootCommand _root;
    private readonly Option<int> _seed = Options.Value("--seed", "Decides everything that is random", 1);
    private readonly Option<int?> _threads = Options
        .Maybe<int>("--threads", "Processors to use [default: all]")
        .PositiveIfGiven();

    /// <summary>A command of the given description and options; run does the work and writes to the writer it gets.</summary>
    public ExampleCommand(string description, IEnumerable<Option> options, Action<ParseResult, int, TextWriter> run)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(run);
        _root = new RootCommand(description);
        foreach (var option in options)
        {
            _root.Add(option);
        }
        _root.Add(_seed);
        _root.Add(_threads);
        _root.SetAction(parsed =>
        {
            if (parsed.GetValue(_threads) is { } threads)
            {
                torch.set_num_threads(threads);
                SparseConvRuntime.Threads = threads;
            }
            var seed = parsed.GetRequiredValue(_seed);
            torch.manual_seed(seed);
            run(parsed, seed, parsed.InvocationConfiguration.Output);
        });
    }

    /// <summary>Runs one command line and gives the exit code; an error is one line on errors, never a stack trace.</summary>
    public int Run(string[] args, TextWriter output, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            var parsed = _root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                throw new UsageException($"{parsed.Errors[0].Message} (--help lists the options)");
            }
            return parsed.Invoke(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output }
            );
        }
        catch (UsageException error)
        {
            return Tell(errors, error, Misused);
        }
#pragma warning disable CA1031 // a user reads one line, whatever went wrong
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Tell(errors, error, Failed);
        }
    }

    private static int Tell(TextWriter errors, Exception error, int code)
    {
        errors.WriteLine($"error: {error.Message.ReplaceLineEndings(" ").Trim()}");
        return code;
    }
}
