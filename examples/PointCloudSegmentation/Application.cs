using System.CommandLine;
using System.CommandLine.Help;
using PointCloudSegmentation.Commands;
using Spectre.Console;

namespace PointCloudSegmentation;

/// <summary>The command line: which commands there are, and how their errors are told.</summary>
internal static class Application
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Misused = 2;
    public const int Interrupted = 130;

    /// <summary>Runs one command line; errors are one red line and an exit code, never a stack trace.</summary>
    public static int Run(string[] args, IAnsiConsole console, IAnsiConsole errors, CancellationToken stop)
    {
        var root = new RootCommand("Segments LiDAR scans with a sparse U-Net: trains it, measures it, and uses it.")
        {
            TrainCommand.Create(console, stop),
            EvalCommand.Create(console, stop),
            PredictCommand.Create(console, stop),
            ExportCommand.Create(console),
        };
        root.SetAction(result => new HelpAction().Invoke(result));
        try
        {
            var parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                var command = parsed.CommandResult.Command;
                var help = command == root ? "--help" : $"{command.Name} --help";
                throw new UsageException($"{parsed.Errors[0].Message} ({help} lists the options)");
            }
            return parsed.Invoke(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // Program handles the signals
                    Output = console.Profile.Out.Writer,
                }
            );
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (UsageException error)
        {
            TellError(errors, error.Message);
            return Misused;
        }
#pragma warning disable CA1031 // a user reads one line, whatever went wrong
        catch (Exception error)
#pragma warning restore CA1031
        {
            TellError(errors, error.Message);
            return Failed;
        }
    }

    private static void TellError(IAnsiConsole errors, string message)
    {
        var line = message.ReplaceLineEndings(" ").Trim();
        errors.WriteLine($"error: {line}", new Style(Color.Red));
    }
}
