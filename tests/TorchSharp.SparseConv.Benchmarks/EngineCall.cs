using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>The engine's three passes over one rulebook, on random matrices of its own.</summary>
internal sealed unsafe class EngineCall : IDisposable
{
    private const nuint Alignment = 64;
    private const ConvolutionDirection Direction = ConvolutionDirection.FineToCoarse;

    private readonly Rulebook _rulebook;
    private readonly List<nint> _memory = [];
    private readonly Random _random = new(1);
    private readonly ElementType _type;
    private readonly MatrixView _input;
    private readonly MatrixView _weight;
    private readonly MatrixView _output;
    private readonly MatrixView _gradInput;
    private readonly MatrixView _gradWeight;

    public EngineCall(Rulebook rulebook, (long In, long Out) channels, ElementType type)
    {
        _rulebook = rulebook;
        _type = type;
        _input = Matrix(rulebook.Fine.Rows, channels.In);
        _gradInput = Matrix(rulebook.Fine.Rows, channels.In);
        _output = Matrix(rulebook.Coarse.Rows, channels.Out);
        _weight = Matrix(rulebook.Taps * channels.In, channels.Out);
        _gradWeight = Matrix(rulebook.Taps * channels.In, channels.Out);
    }

    public void Forward() => Convolution.Forward(_rulebook, Direction, _input, _weight, null, _output);

    public void BackwardInput() => Convolution.BackwardInput(_rulebook, Direction, _output, _weight, _gradInput);

    public void BackwardWeight() =>
        Convolution.BackwardWeight(_rulebook, Direction, _input, _output, _gradWeight, null);

    public void Dispose()
    {
        foreach (var memory in _memory)
            NativeMemory.AlignedFree((void*)memory);
        _memory.Clear();
    }

    private MatrixView Matrix(long rows, long columns)
    {
        var count = checked((int)(rows * columns));
        var width = _type == ElementType.Float64 ? sizeof(double) : sizeof(float);
        var data = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, (long)count * width), Alignment);
        _memory.Add(data);
        if (_type == ElementType.Float64)
        {
            foreach (ref var value in new Span<double>((void*)data, count))
                value = _random.NextDouble() - 0.5;
        }
        else
        {
            foreach (ref var value in new Span<float>((void*)data, count))
                value = _random.NextSingle() - 0.5f;
        }
        return new MatrixView(data, rows, columns, _type);
    }
}
