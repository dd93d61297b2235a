using System.Runtime.InteropServices;
using Spectre.Console;

namespace TorchSharp.SparseConv.CommandLine;

/// <summary>
/// One run of a program: where its results, errors and progress go, and the token that asks it to stop.
/// </summary>
public sealed class Session
{
    // A width at which no line is wrapped.
    private const int NoWrapping = 10_000;

    private readonly CancellationToken _stop;

    private Session(IAnsiConsole console, IAnsiConsole errors, CancellationToken stop)
    {
        Console = console;
        Errors = errors;
        _stop = stop;
    }

    /// <summary>Standard output, with tables and progress bars.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error.</summary>
    public IAnsiConsole Errors { get; }

    /// <summary>Is cancelled when the program is asked to stop.</summary>
    public CancellationToken Stop => _stop;

    /// <summary>Standard output as plain text, never wrapped.</summary>
    public TextWriter Output => Console.Profile.Out.Writer;

    /// <summary>The session of this process: in colour on a terminal, as plain text in a file or a pipe.</summary>
    public static Session OfProcess(CancellationToken stop = default) =>
        new(
            Create(System.Console.Out, System.Console.IsOutputRedirected),
            Create(System.Console.Error, System.Console.IsErrorRedirected),
            stop
        );

    /// <summary>A session that writes plain text to the given writers.</summary>
    public static Session To(TextWriter output, TextWriter errors) =>
        new(Create(output, redirected: true), Create(errors, redirected: true), CancellationToken.None);

    /// <summary>Whether a console is a terminal on which progress can be shown.</summary>
    public static bool ShowsProgress(IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(console);
        return console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive;
    }

    /// <summary>Does work that may take long and meanwhile names it on standard error, if that is a terminal.</summary>
    /// <exception cref="OperationCanceledException">The program was asked to stop before the work began.</exception>
    public T Work<T>(string what, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Stop.ThrowIfCancellationRequested();
        return ShowsProgress(Errors) ? Errors.Status().Start(Markup.Escape(what), _ => work()) : work();
    }

    /// <summary>Does the same for work without a result.</summary>
    /// <exception cref="OperationCanceledException">The program was asked to stop before the work began.</exception>
    public void Work(string what, Action work) =>
        Work(
            what,
            () =>
            {
                work();
                return 0;
            }
        );

    /// <summary>
    /// Does work that reports how much of it is done, from 0 to 1, and shows that in percent on standard error: as a
    /// bar on a terminal, else as a line every ten seconds.
    /// </summary>
    /// <exception cref="OperationCanceledException">The program was asked to stop before the work began.</exception>
    public T Work<T>(string what, Func<Action<double>, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Stop.ThrowIfCancellationRequested();
        if (ShowsProgress(Errors))
        {
            return Errors
                .Progress()
                .AutoClear(true)
                .Start(context =>
                {
                    var task = context.AddTask(Markup.Escape(what), maxValue: 1);
                    return work(done => task.Value = done);
                });
        }
        var sinceLine = System.Diagnostics.Stopwatch.StartNew();
        return work(done =>
        {
            if (sinceLine.Elapsed.TotalSeconds >= 10)
            {
                Errors.Profile.Out.Writer.WriteLine(FormattableString.Invariant($"{what}: {100 * done:F0} %"));
                sinceLine.Restart();
            }
        });
    }

    /// <summary>Writes a line to standard error that says what was not done, or not as it was asked.</summary>
    public void Note(string text) => Errors.Profile.Out.Writer.WriteLine($"note: {text}");

    /// <summary>Writes the absolute path of each result, one a line.</summary>
    public void Results(params IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (var path in paths)
        {
            Output.WriteLine(Path.GetFullPath(path));
        }
    }

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
                Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        if (redirected)
        {
            console.Profile.Width = NoWrapping;
        }
        return console;
    }
}

/// <summary>Cancels a token at the first Ctrl-C or SIGTERM; the second one ends the process.</summary>
public sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    /// <summary>Begins to listen to the signals.</summary>
    public StopSignal() =>
        _signals = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];

    /// <summary>The token that the first signal cancels.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gives the signals back to the process.</summary>
    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
