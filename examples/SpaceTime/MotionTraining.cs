using System.Diagnostics;
using TorchSharp;
using TorchSharp.SparseConv;
using static System.FormattableString;
using static TorchSharp.torch.optim;

namespace SpaceTime;

/// <summary>The training loop and the evaluation.</summary>
internal static class MotionTraining
{
    /// <summary>Trains, and returns the mean loss of each epoch and the seconds of all steps.</summary>
    public static (IReadOnlyList<double> Losses, double Seconds) Run(
        MotionNet net,
        IReadOnlyList<Clip> clips,
        MotionSettings settings,
        TextWriter output
    )
    {
        var steps = (clips.Count + settings.BatchSize - 1) / settings.BatchSize * settings.Epochs;
        using var optimizer = AdamW(net.parameters(), settings.LearningRate, weight_decay: 1e-4);
        var schedule = lr_scheduler.OneCycleLR(optimizer, settings.LearningRate, steps);
        var random = new Random(settings.Seed);
        var order = clips.ToArray();
        var losses = new List<double>();
        var clock = Stopwatch.StartNew();
        var done = 0;
        net.train();
        for (var epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            random.Shuffle(order);
            var sum = 0.0;
            foreach (var batch in order.Chunk(settings.BatchSize))
            {
                sum += Step(net, batch, optimizer) * batch.Length;
                if (++done < steps)
                {
                    schedule.step();
                }
            }
            losses.Add(sum / clips.Count);
            output.WriteLine(
                Invariant($"  epoch {epoch}/{settings.Epochs}: mean loss ")
                    + Invariant($"{losses[^1]:F4}, {clock.Elapsed.TotalSeconds:F0} s so far")
            );
        }
        return (losses, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Returns the number of voxels of each motion, and how many of them were predicted correctly.</summary>
    public static (int[] Right, int[] All) Measure(MotionNet net, IReadOnlyList<Clip> clips, int batchSize)
    {
        net.eval();
        using var untracked = torch.no_grad();
        var motions = Enum.GetValues<Motion>().Length;
        var (right, all) = (new int[motions], new int[motions]);
        foreach (var batch in clips.Chunk(batchSize))
        {
            using var scope = torch.NewDisposeScope();
            var input = Input(batch);
            using var manager = input.manager;
            var told = net.call(input).features.argmax(1).data<long>().ToArray();
            foreach (var (label, answer) in batch.SelectMany(clip => clip.Labels).Zip(told))
            {
                all[(int)label]++;
                right[(int)label] += (long)label == answer ? 1 : 0;
            }
        }
        return (right, all);
    }

    /// <summary>Returns the voxels of some clips with one channel, which is 1 for every voxel.</summary>
    public static SparseTensor Input(IReadOnlyList<Clip> clips)
    {
        var rows = new List<int>();
        foreach (var (scan, clip) in clips.Index())
        {
            foreach (var voxel in clip.Coordinates.Chunk(4))
            {
                rows.Add(scan);
                rows.AddRange(voxel);
            }
        }
        var coordinates = torch.tensor([.. rows], [rows.Count / 5, 5], torch.ScalarType.Int32);
        return new SparseTensor(torch.ones(rows.Count / 5, 1), coordinates, clips.Count);
    }

    private static double Step(MotionNet net, Clip[] batch, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(batch);
        using var manager = input.manager;
        optimizer.zero_grad();
        var labels = torch.tensor(
            [.. batch.SelectMany(clip => clip.Labels).Select(label => (long)label)],
            torch.ScalarType.Int64
        );
        var loss = torch.nn.functional.cross_entropy(net.call(input).features, labels);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }
}
