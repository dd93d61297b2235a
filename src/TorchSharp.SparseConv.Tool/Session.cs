using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace TorchSharp.SparseConv.Tool;

/// <summary>One run of the program: where results, errors and progress go, and what asks it to stop.</summary>
internal sealed class Session(IAnsiConsole console, IAnsiConsole errors, CancellationToken stop)
{
    public IAnsiConsole Console { get; } = console;

    public IAnsiConsole Errors { get; } = errors;

    /// <summary>The option of every command that turns its report into JSON.</summary>
    public Option<bool> Json { get; } =
        new("--json") { Description = "Write the report as JSON, and nothing else", Recursive = true };

    public void ThrowIfStopped() => stop.ThrowIfCancellationRequested();

    /// <summary>Writes a report: as JSON where that was asked for, else as text for people.</summary>
    public void Report<T>(ParseResult parsed, T report, JsonTypeInfo<T> type, Action<IAnsiConsole> show)
    {
        if (parsed.GetValue(Json))
        {
            Console.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(report, type));
        }
        else
        {
            show(Console);
        }
    }

    /// <summary>Does work that may take long; a terminal's error stream says what it is meanwhile.</summary>
    public T Work<T>(string what, Func<T> work)
    {
        ThrowIfStopped();
        return Errors.Profile.Out.IsTerminal && Errors.Profile.Capabilities.Interactive
            ? Errors.Status().Start(Markup.Escape(what), _ => work())
            : work();
    }

    /// <summary>As the other, of work without a result.</summary>
    public void Work(string what, Action work) =>
        Work(
            what,
            () =>
            {
                work();
                return 0;
            }
        );

    /// <summary>A line that people should read and scripts may: what was not done, or is not as it seems.</summary>
    public void Note(string text) => Errors.Profile.Out.Writer.WriteLine($"note: {text}");
}
