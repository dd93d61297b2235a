using System.Diagnostics;
using MathNet.Numerics.Statistics;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Takes medians, and the machine's own ceiling beside them.</summary>
internal sealed class Session(Settings settings, Action<Measurement> report)
{
    /// <summary>What was asked for.</summary>
    public Settings Settings => settings;

    /// <summary>Whether a case is wanted.</summary>
    public bool Wants(string bench) => settings.Only is null || settings.Only.Equals(bench, StringComparison.Ordinal);

    /// <summary>Median milliseconds after one run to warm up.</summary>
    public double Median(Action action)
    {
        ResidentMemory.RestartPeak();
        action();
        var times = new double[settings.Repeats];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        return times.Median();
    }

    /// <summary>Measures a case and reports it.</summary>
    public void Measure(string bench, Cloud cloud, Action action, long? pairs = null) =>
        report(Line(bench, cloud.Name, Median(action)) with { Voxels = cloud.Voxels, Pairs = pairs });

    /// <summary>
    /// Measures a case that does <paramref name="products"/> products of pairs x cin x cout. The ceiling is taken just before
    /// and after: machines are shared, and a ratio is fair only within a moment.
    /// </summary>
    public void MeasureProducts(
        string bench,
        Cloud cloud,
        (long Pairs, long Cin, long Cout) size,
        int products,
        Action action
    )
    {
        if (!Wants(bench))
        {
            return;
        }

        var before = GemmRate();
        var ms = Median(action);
        var ceiling = (before + GemmRate()) / 2;
        var gflops = products * 2.0 * size.Pairs * size.Cin * size.Cout / ms / 1e6;
        report(
            Line(bench, cloud.Name, ms) with
            {
                Voxels = cloud.Voxels,
                Pairs = size.Pairs,
                Cin = size.Cin,
                Cout = size.Cout,
                Gflops = gflops,
                OfSgemm = gflops / ceiling,
            }
        );
    }

    /// <summary>The machine's ceilings: a large matrix product and a large copy, both torch's own.</summary>
    public void MeasureCeilings()
    {
        if (Wants("sgemm"))
        {
            var rate = GemmRate();
            report(Line("sgemm", $"{GemmSize}^3", 2e-6 * GemmSize * GemmSize * GemmSize / rate) with { Gflops = rate });
        }
        if (!Wants("copy"))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var (from, to) = (zeros(64 << 20, dtype: uint8), zeros(64 << 20, dtype: uint8));
        report(Line("copy", "64 MiB", Median(() => to.copy_(from))));
    }

    /// <summary>
    /// What a layer costs beside its arithmetic: one 3^3 submanifold convolution of 1 channel over 1 voxel, a thousand calls a
    /// run; the time is that of one call.
    /// </summary>
    public void MeasureOverhead()
    {
        if (!Wants("layer_overhead"))
        {
            return;
        }

        const int calls = 1000;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var layer = nn.SubMConv3d(1, 1, 3);
        using var x = new SparseTensor(ones(1, 1), zeros(1, 4, int32));
        var ms = Median(() =>
        {
            using var inner = NewDisposeScope();
            for (var i = 0; i < calls; i++)
            {
                layer.call(x).Dispose();
            }
        });
        report(Line("layer_overhead", "1 voxel", ms / calls) with { Voxels = 1 });
        x.manager.Dispose();
    }

    private const long GemmSize = 2048;

    private double GemmRate()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (a, b) = (rand(GemmSize, GemmSize, settings.WeightDtype), rand(GemmSize, GemmSize, settings.WeightDtype));
        var best = double.MaxValue;
        for (var i = 0; i < 4; i++)
        {
            var start = Stopwatch.GetTimestamp();
            mm(a, b).Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return 2e-6 * GemmSize * GemmSize * GemmSize / best;
    }

    private Measurement Line(string bench, string set, double ms) =>
        new()
        {
            Bench = bench,
            Set = set,
            Threads = settings.Threads,
            Dtype = settings.Dtype.ToString().ToLowerInvariant(),
            Isa = SparseConvRuntime.Isa,
            Ms = ms,
            PeakRssMb = ResidentMemory.PeakMb,
        };
}
