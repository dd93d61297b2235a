using BenchmarkDotNet.Attributes;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>The engine's three passes of a 3^3 submanifold convolution in Float32, with the rulebook at hand.</summary>
public class ConvolutionBench : IDisposable
{
    private readonly CoordinateManager _manager = new(3);
    private EngineCall? _engine;

    /// <summary>The instruction sets of this machine.</summary>
    public static IEnumerable<string> Sets => SparseConvRuntime.AvailableIsas;

    /// <summary>The sets at hand.</summary>
    public static IEnumerable<NamedCloud> Clouds => NamedCloud.All;

    /// <summary>The voxels.</summary>
    [ParamsSource(nameof(Clouds))]
    public NamedCloud Cloud { get; set; } = null!;

    /// <summary>Channels in and out.</summary>
    [Params(32, 64, 128)]
    public int Channels { get; set; }

    /// <summary>The instruction set.</summary>
    [ParamsSource(nameof(Sets))]
    public string Isa { get; set; } = "";

    /// <summary>Makes rulebook and matrices.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        SparseConvRuntime.Isa = Isa;
        var map = _manager.Insert(Cloud.Cloud.Coordinates);
        var rulebook = _manager.Rulebook(map, map, KernelGeometry.Submanifold(3, 3));
        _engine = new EngineCall(rulebook, (Channels, Channels), ElementType.Float32, ElementType.Float32);
    }

    /// <summary>Forward.</summary>
    [Benchmark]
    public void Forward() => _engine!.Forward();

    /// <summary>The gradient of the features.</summary>
    [Benchmark]
    public void GradientOfFeatures() => _engine!.BackwardInput();

    /// <summary>The gradient of the weights.</summary>
    [Benchmark]
    public void GradientOfWeights() => _engine!.BackwardWeight();

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _engine?.Dispose();
        _manager.Dispose();
        GC.SuppressFinalize(this);
    }
}
