using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>What other implementations can be held against: maps, rulebooks, convolutions and a network over given voxels.</summary>
internal static class CompareCommand
{
    /// <summary>The command, ready to parse.</summary>
    public static Command Create()
    {
        var coords = new Option<FileInfo[]>("--coords")
        {
            Description =
                "Voxels to measure, repeatable: little-endian int32 rows batch, x, y, z. Default: the sets at hand",
            AllowMultipleArgumentsPerToken = true,
        };
        var channels = new Option<(long, long)[]>("--channels")
        {
            Description = "Input and output channels of the convolutions, for example 32:32,64:64",
            CustomParser = ParseChannels,
            DefaultValueFactory = _ => [(4, 32), (17, 20), (32, 32), (64, 64), (96, 96), (128, 128), (256, 256)],
        };
        var command = new Command(
            "compare",
            "Maps, rulebooks, convolutions and MinkUNet18, to hold other libraries against."
        )
        {
            coords,
            channels,
        };
        new RunOptions().Serve(
            command,
            (parsed, session) =>
            {
                session.MeasureCeilings();
                session.MeasureOverhead();
                var files = parsed.GetValue(coords) ?? [];
                foreach (var cloud in files.Length > 0 ? files.Select(Cloud.Read) : Cloud.Defaults())
                {
                    EngineBench.Run(session, cloud, parsed.GetValue(channels)!);
                    NetworkBench.Run(session, cloud);
                }
            }
        );
        return command;
    }

    private static (long, long)[] ParseChannels(ArgumentResult result)
    {
        var channels = new List<(long, long)>();
        foreach (var pair in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            var sides = pair.Split(':');
            if (
                sides.Length == 2
                && long.TryParse(sides[0], CultureInfo.InvariantCulture, out var input)
                && long.TryParse(sides[1], CultureInfo.InvariantCulture, out var output)
                && input > 0
                && output > 0
            )
            {
                channels.Add((input, output));
            }
            else
            {
                result.AddError($"--channels has '{pair}', must be input:output, for example 32:64.");
            }
        }
        return [.. channels];
    }
}
