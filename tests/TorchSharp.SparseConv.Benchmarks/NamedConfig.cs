using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>In this process, since the native libraries and the choice of TorchSharp are those of this build.</summary>
internal sealed class NamedConfig : ManualConfig
{
    public NamedConfig()
    {
        AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance));
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddColumn(
            new RateColumn("Mvoxels/s", "Voxels a second, in millions", typeof(RulebookBench), Voxels),
            new RateColumn("Mpairs/s", "Rulebook pairs a second, in millions", typeof(ConvolutionBench), Pairs),
            new RateColumn("GFLOP/s", "2 * pairs * in * out a second", typeof(ConvolutionBench), Operations),
            new BaselineRatioColumn()
        );
        AddLogger(ConsoleLogger.Default);
        AddExporter(BenchmarkDotNet.Exporters.MarkdownExporter.GitHub);
        ArtifactsPath = Path.Combine(AppContext.BaseDirectory, "named");
    }

    private static double Voxels(BenchmarkCase benchmark) => Cloud(benchmark).Cloud.Voxels;

    private static double Pairs(BenchmarkCase benchmark) => Cloud(benchmark).Pairs;

    // In thousands, since 1 operation a nanosecond is 1 GFLOP/s.
    private static double Operations(BenchmarkCase benchmark)
    {
        var channels = (int)benchmark.Parameters[nameof(ConvolutionBench.Channels)];
        return 2e-3 * Pairs(benchmark) * channels * channels;
    }

    private static NamedCloud Cloud(BenchmarkCase benchmark) =>
        (NamedCloud)benchmark.Parameters[nameof(RulebookBench.Cloud)];
}
