using System.CommandLine;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>A submanifold convolution beside its dense twin on the densified crop: time and memory by occupancy.</summary>
internal static class DenseCommand
{
    private const int Edge = 64;

    /// <summary>The command, ready to parse.</summary>
    public static Command Create()
    {
        var channels = new Option<long>("--channels")
        {
            Description = "Channels in and out",
            DefaultValueFactory = _ => 32,
        };
        var command = new Command(
            "dense",
            $"A 3^3 convolution over a crop of {Edge}^3 cells, sparse and by conv3d, at 1, 3 and 10 % occupancy."
        )
        {
            channels,
        };
        new RunOptions().Serve(
            command,
            (parsed, session) =>
            {
                foreach (var percent in (ReadOnlySpan<int>)[1, 3, 10])
                {
                    var count = Edge * Edge * Edge * percent / 100;
                    Measure(session, Surface.Nearest($"gyroid-{percent}%", Edge, count), parsed.GetValue(channels));
                }
            }
        );
        return command;
    }

    private static void Measure(Session session, Cloud cloud, long channels)
    {
        using var scope = NewDisposeScope();
        using var layer = nn.SubMConv3d(channels, channels, 3, bias: false, dtype: session.Settings.WeightDtype);
        using var twin = nn.Conv3d(channels, channels, 3, padding: 1, bias: false, dtype: session.Settings.Dtype);
        var sites = tensor(cloud.Coordinates).reshape(cloud.Voxels, 4);
        var sparse = new SparseTensor(rand(cloud.Voxels, channels, session.Settings.Dtype), sites);
        var rulebook = sparse.manager.Rulebook(sparse.map, sparse.map, KernelGeometry.Submanifold(3, 3));
        var pairs = rulebook.Pairs;
        var dense = sparse.dense(Edge);
        Pass(
            session,
            cloud,
            "sparse",
            pairs,
            channels,
            sparse.features,
            x => layer.call(sparse.with_features(x)).features
        );
        Pass(session, cloud, "conv3d", Edge * Edge * Edge * 27L, channels, dense, twin.call);
        sparse.manager.Dispose();
    }

    private static void Pass(
        Session session,
        Cloud cloud,
        string name,
        long products,
        long channels,
        Tensor input,
        Func<Tensor, Tensor> layer
    )
    {
        var size = (Pairs: products, Cin: channels, Cout: channels);
        session.MeasureProducts(
            $"{name}_fwd",
            cloud,
            size,
            1,
            () =>
            {
                using var inner = NewDisposeScope();
                using var untracked = no_grad();
                layer(input);
            }
        );
        var tracked = input.detach().requires_grad_(true);
        session.MeasureProducts(
            $"{name}_train",
            cloud,
            size,
            3,
            () =>
            {
                using var inner = NewDisposeScope();
                layer(tracked).sum().backward();
            }
        );
    }
}
