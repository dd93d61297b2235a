using System.Diagnostics;
using TorchSharp;
using TorchSharp.SparseConv;
using static System.FormattableString;
using static TorchSharp.torch.optim;

namespace ShapeCompletion;

/// <summary>The training loop and the inference of the network.</summary>
internal static class CompletionTraining
{
    private const int Reports = 8;

    /// <summary>
    /// Trains on shapes that are drawn anew for every step. Returns the mean loss of each eighth of the training.
    /// </summary>
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
                Invariant($"step {done}/{settings.Steps}: mean loss {losses[^1]:F4}, {clock.Elapsed.TotalSeconds:F0} s")
            );
        }
        return losses;
    }

    /// <summary>Completes the seen parts of some shapes.</summary>
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

    // The only channel is 1 for every voxel.
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

/// <summary>
/// Counts the voxels of an output, of the truth, and of both, and the voxels of each side that have a voxel of the
/// other side within one voxel. Counts of several shapes can be added.
/// </summary>
internal readonly record struct Agreement(long Output, long Truth, long Both, long OutputNear, long TruthNear)
{
    /// <summary>The intersection over union, 0 to 1; 1 if both sides are empty.</summary>
    public double IoU => Share(Both, Output + Truth - Both);

    /// <summary>The share of the output that lies within a voxel of the truth.</summary>
    public double Precision => Share(OutputNear, Output);

    /// <summary>The share of the truth that has a voxel of the output within a voxel.</summary>
    public double Recall => Share(TruthNear, Truth);

    public static Agreement Of(Shape output, Shape truth)
    {
        var (aroundOutput, aroundTruth) = (output.Thickened(), truth.Thickened());
        return new Agreement(
            output.Cells.Length,
            truth.Cells.Length,
            output.Cells.LongCount(truth.Contains),
            output.Cells.LongCount(aroundTruth.Contains),
            truth.Cells.LongCount(aroundOutput.Contains)
        );
    }

    public static Agreement operator +(Agreement left, Agreement right) =>
        new(
            left.Output + right.Output,
            left.Truth + right.Truth,
            left.Both + right.Both,
            left.OutputNear + right.OutputNear,
            left.TruthNear + right.TruthNear
        );

    private static double Share(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}
