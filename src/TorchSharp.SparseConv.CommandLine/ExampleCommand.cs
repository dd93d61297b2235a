using System.CommandLine;

namespace TorchSharp.SparseConv.CommandLine;

/// <summary>A program of one command, with the options --seed and --threads.</summary>
public sealed class ExampleCommand
{
    private readonly RootCommand _root;
    private readonly Option<int> _seed = Options.Value("--seed", "Decides everything that is random", 1);
    private readonly ThreadsOption _threads = new();

    /// <summary>
    /// Takes a description, the program's own options and its work, which gets the seed and the output.
    /// </summary>
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
        _threads.AddTo(_root);
        _root.SetAction(parsed =>
        {
            _threads.Apply(parsed);
            var seed = parsed.GetRequiredValue(_seed);
            torch.manual_seed(seed);
            run(parsed, seed, parsed.InvocationConfiguration.Output);
        });
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public int Run(string[] args, Session session) => Shell.Run(_root, args, session);
}

/// <summary>The option --threads, which limits the processors that torch and the engine use.</summary>
public sealed class ThreadsOption
{
    private readonly Option<int?> _threads = Options
        .Maybe<int>("--threads", "Processors to use [default: all]")
        .Positive();

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Add(_threads);
    }

    /// <summary>Sets the number of threads, if it was given.</summary>
    public void Apply(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        if (parsed.GetValue(_threads) is { } threads)
        {
            torch.set_num_threads(threads);
        }
    }
}
