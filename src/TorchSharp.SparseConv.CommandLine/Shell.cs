using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Spectre.Console;

namespace TorchSharp.SparseConv.CommandLine;

/// <summary>Runs command lines. An error becomes one line of text and an exit code, never a stack trace.</summary>
public static class Shell
{
    /// <summary>The exit code of a run that did what it was asked to do.</summary>
    public const int Success = 0;

    /// <summary>The exit code of a run in which a file or the work failed.</summary>
    public const int Failed = 1;

    /// <summary>The exit code of a command line that asks for something impossible.</summary>
    public const int Misused = 2;

    /// <summary>The exit code of a run that the user stopped.</summary>
    public const int Interrupted = 130;

    /// <summary>Makes the root of several commands, which shows its help where no command is given.</summary>
    public static RootCommand Commands(string description, params IEnumerable<Command> commands)
    {
        ArgumentNullException.ThrowIfNull(commands);
        var root = new RootCommand(description);
        foreach (var command in commands)
        {
            root.Add(command);
        }
        root.SetAction(result => new HelpAction().Invoke(result));
        return root;
    }

    /// <summary>
    /// Runs one command line and returns its exit code. The name of the program, where it is given, stands in the hint
    /// at --help that follows a mistake.
    /// </summary>
    public static int Run(RootCommand root, string[] args, Session session, string? program = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(session);
        try
        {
            var parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                var names = Path(parsed.CommandResult);
                var help = string.Join(' ', (program is null ? names : names.Prepend(program)).Append("--help"));
                throw new UsageException($"{parsed.Errors[0].Message} ({help} lists the options)");
            }
            return parsed.Invoke(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // StopSignal handles the signals
                    Output = session.Output,
                }
            );
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (UsageException error)
        {
            return Tell(session, error, Misused);
        }
#pragma warning disable CA1031 // The user reads one line, whatever went wrong.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Tell(session, error, Failed);
        }
    }

    // The names of a command and of its parents, without the root.
    private static IEnumerable<string> Path(CommandResult command) =>
        command.Parent is CommandResult parent ? Path(parent).Append(command.Command.Name) : [];

    private static int Tell(Session session, Exception error, int code)
    {
        var line = error.Message.ReplaceLineEndings(" ").Trim();
        session.Errors.Write(new Text($"error: {line}\n", new Style(Color.Red)));
        return code;
    }
}

/// <summary>A command line that asks for something impossible; the message tells the user what to do.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public UsageException() { }

    /// <summary>Makes an exception with the line that the user reads.</summary>
    public UsageException(string message)
        : base(message) { }

    /// <summary>Makes an exception with the line that the user reads and its cause.</summary>
    public UsageException(string message, Exception inner)
        : base(message, inner) { }
}
