using TorchSharp.SparseConv.CommandLine;

namespace TorchSharp.SparseConv.Tool;

/// <summary>The program sparseconv: its commands, and how a command line is run.</summary>
internal static class Application
{
    public static int Main(string[] args)
    {
        using var stop = new StopSignal();
        return Run(args, Session.OfProcess(stop.Token));
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session)
    {
        var root = Shell.Commands(
            "Looks into point clouds and weights, converts them, and labels points with a trained network.",
            InfoCommand.Create(session),
            ConvertCommand.Create(session),
            VoxelizeCommand.Create(session),
            PredictCommand.Create(session),
            ViewCommand.Create(session),
            WeightsCommand.Create(session)
        );
        root.Add(Report.JsonOption());
        return Shell.Run(root, args, session, program: "sparseconv");
    }
}
