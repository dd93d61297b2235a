using System.Diagnostics;
using MathNet.Numerics.Statistics;
using TorchSharp.SparseConv.Core;
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
        Rulebook rulebook,
        (long In, long Out) channels,
        int products,
        Action action
    )
    {
        if (!Wants(bench))
            return;
        var before = GemmRate();
        var ms = Median(action);
        var ceiling = (before + GemmRate()) / 2;
        var gflops = products * 2.0 * rulebook.Pairs * channels.In * channels.Out / ms / 1e6;
        report(
            Line(bench, cloud.Name, ms) with
            {
                Voxels = cloud.Voxels,
                Pairs = rulebook.Pairs,
                Cin = channels.In,
                Cout = channels.Out,
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
            return;
        using var scope = NewDisposeScope();
        var (from, to) = (zeros(64 << 20, dtype: uint8), zeros(64 << 20, dtype: uint8));
        report(Line("copy", "64 MiB", Median(() => to.copy_(from).Dispose())));
    }

    private const long GemmSize = 2048;

    private double GemmRate()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (a, b) = (rand(GemmSize, GemmSize, settings.Dtype), rand(GemmSize, GemmSize, settings.Dtype));
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
            Dtype = settings.Dtype == float64 ? "float64" : "float32",
            Isa = SparseConvRuntime.Isa,
            Ms = ms,
            PeakRssMb = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,
        };
}
