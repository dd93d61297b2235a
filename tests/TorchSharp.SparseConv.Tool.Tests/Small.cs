using System.Text.Json;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

// Clouds and models small enough for tests of seconds.
internal static class Small
{
    // Two voxels of edge 1: three points in the first, one in the second.
    public static PointCloud Cloud() =>
        new(
            [0.25f, 0.25f, 0.25f, 0.75f, 0.25f, 0.25f, 0.5f, 0.75f, 0.25f, 1.5f, 0.5f, 0.5f],
            Origin.Zero,
            new PointAttribute("intensity", new float[] { 1, 2, 6, 5 }),
            new PointAttribute("label", new[] { 7, 9, 9, 4 }),
            new PointAttribute("color", new byte[] { 10, 0, 255, 20, 0, 255, 33, 0, 255, 1, 2, 3 }, 3)
        );

    public static string Ply(TempFolder folder, string name = "cloud.ply", PointCloud? cloud = null)
    {
        PointCloudFile.Write(folder[name], cloud ?? Cloud());
        return folder[name];
    }

    public static PointCloud WithHole()
    {
        var cloud = Cloud();
        float[] positions = [.. cloud.Positions];
        positions[4] = float.NaN;
        return cloud.WithPositions(positions);
    }

    // A model directory of an untrained network that tells "low", "high" and, never, "none"; their labels are 4, 9 and
    // 7.
    public static string Model(TempFolder folder, string name = "model")
    {
        torch.manual_seed(4);
        var config = Config();
        using var network = config.Architecture.Build();
        ModelDirectory.Save(folder[name], network, config);
        return folder[name];
    }

    // An SPVCNN whose norms have seen a batch, as those of a trained one have.
    public static string PointVoxelWeights(string path)
    {
        using var scope = torch.NewDisposeScope();
        using var network = new SPVCNN(2, 3, width: 0.05);
        foreach (var (name, buffer) in network.named_buffers())
        {
            if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                buffer.add_(1);
            }
        }
        Weights.Write(path, network.state_dict());
        return path;
    }

    public static ModelConfig Config() =>
        new()
        {
            Architecture = new ModelArchitecture
            {
                Kind = "MinkUNet14",
                InChannels = 2,
                OutChannels = 3,
                Width = 0.05,
                StemKernel = [3],
            },
            VoxelSize = [1],
            Inputs = [new ModelInput { Source = "intensity", Missing = 0 }, new ModelInput { Source = ModelInput.Z }],
            Classes =
            [
                new ModelClass { Name = "none", Labels = [7] },
                new ModelClass { Name = "low", Labels = [4, 5] },
                new ModelClass { Name = "high", Labels = [9] },
            ],
            IgnoreClass = 0,
        };

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    public static string?[] Strings(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString())];
}
