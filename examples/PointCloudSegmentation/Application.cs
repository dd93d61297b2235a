using System.CommandLine;

namespace PointCloudSegmentation;

/// <summary>The program: its commands, and how a command line is run.</summary>
internal static class Application
{
    // The first Ctrl-C asks a training to stop after its step and to write a checkpoint; the second ends the process.
    public static int Main(string[] args)
    {
        using var stop = new StopSignal();
        return Run(args, Session.OfProcess(stop.Token));
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session)
    {
        var root = Shell.Commands(
            "Segments LiDAR scans with a sparse U-Net: trains it, measures it, and uses it.",
            TrainCommand.Create(session),
            EvalCommand.Create(session),
            PredictCommand.Create(session),
            ExportCommand.Create(session)
        );
        return Shell.Run(root, args, session);
    }

    /// <summary>The option that names a trained model.</summary>
    public static Option<string> WeightsOption() =>
        Options.Required<string>("--weights", "The model: a model directory that train wrote, or a checkpoint");

    /// <summary>The option that names the folder of results.</summary>
    public static Option<string> OutputOption(string folder) =>
        Options.Value("--output", "Folder for all results", folder);
}
