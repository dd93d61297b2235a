using System.CommandLine;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>weights: the commands for files of weights.</summary>
internal static class WeightsCommand
{
    public static Command Create(Session session) =>
        new("weights", "Looks into files of weights and converts them.")
        {
            WeightsInspectCommand.Create(session),
            WeightsConvertCommand.Create(session),
        };
}
