using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using TorchSharp.SparseConv;
using static TorchSharp.torch.optim;

namespace ShapeCompletion;

/// <summary>The training loop, and the use of what it has taught.</summary>
internal static class CompletionTraining
{
    private const int Reports = 8;

    /// <summary>Learns from shapes that are drawn anew for every step, and gives the mean loss of each eighth of them.</summary>
    public static IReadOnlyList<double> Run(
        CompletionNet net,
        Func<Random, Sample> draw,
        CompletionSettings settings,
        TextWriter output
    )
    {
        using var optimizer = AdamW(net.parameters(), settings.LearningRate, weight_decay: 1e-4);
        var schedule = lr_scheduler.OneCycleLR(optimizer, settings.LearningRate, settings.Steps);
        var random = new Random(settings.Seed);
        var losses = new List<double>();
        var done = 0;
        net.train();
        while (done < settings.Steps)
        {
            var clock = Stopwatch.StartNew();
            var until = Math.Max(done + 1, settings.Steps * (losses.Count + 1) / Reports);
            var (sum, first) = (0.0, done);
            for (; done < until; done++)
            {
                sum += Step(net, [.. Enumerable.Range(0, settings.BatchSize).Select(_ => draw(random))], optimizer);
                if (done + 1 < settings.Steps)
                {
                    schedule.step();
                }
            }
            losses.Add(sum / (done - first));
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {done}/{settings.Steps}: mean loss {losses[^1]:F4}, {clock.Elapsed.TotalSeconds:F0} s"
                )
            );
        }
        return losses;
    }

    /// <summary>What the network makes of what is seen of some shapes.</summary>
    public static Shape[] Complete(CompletionNet net, IReadOnlyList<Sample> samples)
    {
        net.eval();
        using var untracked = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var input = Voxels([.. samples.Select(sample => sample.Seen)]);
        using var manager = input.manager;
        var whole = net.call(input);
        var size = samples[0].Truth.Size;
        return
        [
            .. whole
                .scans()
                .Select(scan => new Shape(
                    size,
                    scan.coordinates.data<int>().Chunk(4).Select(row => Shape.Cell(row[1], row[2], row[3], size))
                )),
        ];
    }

    private static double Step(CompletionNet net, Sample[] batch, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var input = Voxels([.. batch.Select(sample => sample.Seen)]);
        using var manager = input.manager;
        var whole = Voxels([.. batch.Select(sample => sample.Truth)]);
        using var other = whole.manager;
        optimizer.zero_grad();
        var loss = net.Loss(input, whole);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    // One channel, which says no more than that there is a voxel.
    private static SparseTensor Voxels(Shape[] shapes)
    {
        var rows = new List<int>();
        foreach (var (scan, shape) in shapes.Index())
        {
            foreach (var cell in shape.Cells)
            {
                var (x, y, z) = Shape.Split(cell, shape.Size);
                rows.AddRange([scan, x, y, z]);
            }
        }
        var coordinates = torch.tensor([.. rows], [rows.Count / 4, 4], torch.ScalarType.Int32);
        var size = shapes[0].Size;
        return new SparseTensor(torch.ones(rows.Count / 4, 1), coordinates, shapes.Length, (size, size, size));
    }
}
