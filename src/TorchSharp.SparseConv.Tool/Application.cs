using System.CommandLine;
using System.CommandLine.Help;
using Spectre.Console;
using TorchSharp.SparseConv.Tool.Commands;

namespace TorchSharp.SparseConv.Tool;

/// <summary>The command line: which commands there are, and how their errors are told.</summary>
internal static class Application
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Misused = 2;
    public const int Interrupted = 130;

    /// <summary>Runs one command line; errors are one red line and an exit code, never a stack trace.</summary>
    public static int Run(string[] args, Session session)
    {
        var root = new RootCommand(
            "Looks into point clouds and weights, converts them, and labels points with a trained network."
        )
        {
            InfoCommand.Create(session),
            ConvertCommand.Create(session),
            VoxelizeCommand.Create(session),
            PredictCommand.Create(session),
            ViewCommand.Create(session),
            WeightsCommand.Create(session),
        };
        root.Add(session.Json);
        root.SetAction(result => new HelpAction().Invoke(result));
        try
        {
            var parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                var help = string.Join(' ', Path(parsed.CommandResult).Append("--help"));
                throw new UsageException($"{parsed.Errors[0].Message} (sparseconv {help} lists the options)");
            }
            return parsed.Invoke(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // Program handles the signals
                    Output = session.Console.Profile.Out.Writer,
                }
            );
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (UsageException error)
        {
            TellError(session.Errors, error.Message);
            return Misused;
        }
#pragma warning disable CA1031 // a user reads one line, whatever went wrong
        catch (Exception error)
#pragma warning restore CA1031
        {
            TellError(session.Errors, error.Message);
            return Failed;
        }
    }

    // The names of a command and of those around it, without the program's.
    private static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent
            ? Path(parent).Append(command.Command.Name)
            : [];

    private static void TellError(IAnsiConsole errors, string message)
    {
        var line = message.ReplaceLineEndings(" ").Trim();
        errors.Write(new Text($"error: {line}\n", new Style(Color.Red)));
    }
}
