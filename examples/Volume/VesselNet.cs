using System.Diagnostics;
using TorchSharp;
using TorchSharp.SparseConv;
using static System.FormattableString;
using static TorchSharp.torch.optim;

namespace Vessels;

/// <summary>A small sparse U-Net that separates vessels from the other voxels above a threshold.</summary>
internal sealed class VesselNet(double width) : IDisposable
{
    private const int ScansAStep = 2;

    private readonly MinkUNet _network = torch.nn.MinkUNet(
        MinkUNetKind.MinkUNet14,
        in_channels: 1,
        out_channels: 2,
        width,
        stem_kernel: 3
    );

    public long Parameters => _network.parameters().Sum(parameter => parameter.NumberOfElements);

    /// <summary>Trains on scans with truth, and returns the mean loss of each epoch.</summary>
    public IReadOnlyList<double> Learn(IReadOnlyList<Scan> scans, VolumeSettings settings, TextWriter output)
    {
        var steps = (scans.Count + ScansAStep - 1) / ScansAStep * settings.Epochs;
        using var optimizer = AdamW(_network.parameters(), settings.LearningRate);
        var schedule = lr_scheduler.OneCycleLR(optimizer, settings.LearningRate, steps);
        var random = new Random(settings.Seed);
        var order = scans.ToArray();
        var losses = new List<double>();
        var done = 0;
        _network.train();
        for (var epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            var clock = Stopwatch.StartNew();
            random.Shuffle(order);
            var sum = 0.0;
            foreach (var batch in order.Chunk(ScansAStep))
            {
                sum += Step(batch, optimizer) * batch.Length;
                if (++done < steps)
                {
                    schedule.step();
                }
            }
            losses.Add(sum / scans.Count);
            output.WriteLine(
                Invariant(
                    $"epoch {epoch}/{settings.Epochs}: mean loss {losses[^1]:F4}, {clock.Elapsed.TotalSeconds:F0} s"
                )
            );
        }
        return losses;
    }

    /// <summary>Predicts whether each kept voxel of a scan is a vessel.</summary>
    public bool[] Find(Scan scan)
    {
        _network.eval();
        using var untracked = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var input = Input([scan]);
        using var manager = input.manager;
        return _network.call(input).features.argmax(1).data<long>().Select(label => label == 1).ToArray();
    }

    public void Dispose() => _network.Dispose();

    private double Step(Scan[] batch, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(batch);
        using var manager = input.manager;
        optimizer.zero_grad();
        var labels = torch.tensor([.. batch.SelectMany(scan => scan.Labels())], torch.ScalarType.Int64);
        var loss = torch.nn.functional.cross_entropy(_network.call(input).features, labels);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    // Without a spatial shape, strided layers drop no voxel if the shape is not a multiple of 16.
    private static SparseTensor Input(Scan[] batch)
    {
        var rows = new List<int>();
        foreach (var (index, scan) in batch.Index())
        {
            foreach (var cell in scan.Cells)
            {
                var (plane, x) = Math.DivRem(cell, scan.Shape[2]);
                var (z, y) = Math.DivRem(plane, scan.Shape[1]);
                rows.AddRange([index, z, y, x]);
            }
        }
        var features = torch.tensor([.. batch.SelectMany(scan => scan.Values)], [rows.Count / 4, 1]);
        var coordinates = torch.tensor([.. rows], [rows.Count / 4, 4], torch.ScalarType.Int32);
        return new SparseTensor(features, coordinates, batch.Length);
    }
}
