using System.CommandLine;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Whether time and memory grow with the number of voxels and no faster.</summary>
internal static class ScaleCommand
{
    /// <summary>The command, ready to parse.</summary>
    public static Command Create()
    {
        var most = new Option<int>("--voxels")
        {
            Description = "The largest cloud; the others are a tenth, a hundredth and so on, down to a thousand",
            DefaultValueFactory = _ => 10_000_000,
        };
        var channels = new Option<long>("--channels")
        {
            Description = "Channels in and out",
            DefaultValueFactory = _ => 16,
        };
        var command = new Command("scale", "Maps, rulebooks and convolutions over sheets of 10^3 to 10^7 voxels.")
        {
            most,
            channels,
        };
        new RunOptions().Serve(
            command,
            (parsed, session) =>
            {
                for (var count = 1000L; count <= parsed.GetValue(most); count *= 10)
                {
                    var cloud = Surface.Sheet($"sheet-{count}", (int)count);
                    var width = parsed.GetValue(channels);
                    EngineBench.Run(session, cloud, [(width, width)]);
                    Bytes(cloud);
                }
            }
        );
        return command;
    }

    private static void Bytes(Cloud cloud)
    {
        using var manager = new CoordinateManager(3);
        var map = manager.Insert(cloud.Coordinates);
        var rulebook = manager.Rulebook(map, map, KernelGeometry.Submanifold(3, 3));
        Console.Error.WriteLine(
            FormattableString.Invariant(
                $"{cloud.Name}: {map.Bytes / (double)map.Rows:F1} bytes a voxel, {rulebook.Bytes / (double)rulebook.Pairs:F1} bytes a pair"
            )
        );
    }
}
