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
    private readonly MatrixView _input;
    private readonly MatrixView _weight;
    private readonly MatrixView _output;
    private readonly MatrixView _gradInput;
    private readonly MatrixView _gradWeight;

    public EngineCall(Rulebook rulebook, (long In, long Out) channels, ElementType features, ElementType weights)
    {
        _rulebook = rulebook;
        _input = Matrix(rulebook.Fine.Rows, channels.In, features);
        _gradInput = Matrix(rulebook.Fine.Rows, channels.In, features);
        _output = Matrix(rulebook.Coarse.Rows, channels.Out, features);
        _weight = Matrix(rulebook.Taps * channels.In, channels.Out, weights);
        _gradWeight = Matrix(rulebook.Taps * channels.In, channels.Out, weights);
    }

    public void Forward() => Convolution.Forward(_rulebook, Direction, _input, _weight, null, _output);

    public void BackwardInput() => Convolution.BackwardInput(_rulebook, Direction, _output, _weight, _gradInput);

    public void BackwardWeight() =>
        Convolution.BackwardWeight(_rulebook, Direction, _input, _output, _gradWeight, null);

    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            NativeMemory.AlignedFree((void*)memory);
        }

        _memory.Clear();
    }

    private MatrixView Matrix(long rows, long columns, ElementType type)
    {
        var count = checked((int)(rows * columns));
        var data = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, count * (long)Width(type)), Alignment);
        _memory.Add(data);
        switch (type)
        {
            case ElementType.Float64:
                Fill(new Span<double>((void*)data, count), value => value);
                break;
            case ElementType.Float32:
                Fill(new Span<float>((void*)data, count), value => (float)value);
                break;
            case ElementType.Float16:
                Fill(new Span<Half>((void*)data, count), value => (Half)value);
                break;
            default: // the upper half of a float
                Fill(
                    new Span<ushort>((void*)data, count),
                    value => (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16)
                );
                break;
        }
        return new MatrixView(data, rows, columns, type);
    }

    private static int Width(ElementType type) =>
        type switch
        {
            ElementType.Float64 => sizeof(double),
            ElementType.Float32 => sizeof(float),
            _ => sizeof(ushort),
        };

    private void Fill<T>(Span<T> values, Func<double, T> convert)
    {
        foreach (ref var value in values)
        {
            value = convert(_random.NextDouble() - 0.5);
        }
    }
}
