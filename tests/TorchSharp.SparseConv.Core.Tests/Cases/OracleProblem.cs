namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Pairs and numbers of one convolution: input [rows read, In], weight [taps * In, Out], bias [Out].</summary>
internal sealed class OracleProblem
{
    internal delegate void Product(int read, int written, int weight, int i, int o);

    internal required IReadOnlyList<(int Tap, int Read, int Written)> Pairs { get; init; }

    internal required int RowsWritten { get; init; }

    internal required int In { get; init; }

    internal required int Out { get; init; }

    internal required double[] Input { get; init; }

    internal required double[] Weight { get; init; }

    internal double[]? Bias { get; init; }

    /// <summary>Every scalar product of the convolution.</summary>
    internal void Each(Product visit)
    {
        foreach (var (tap, read, written) in Pairs)
        {
            for (var i = 0; i < In; i++)
            {
                for (var o = 0; o < Out; o++)
                    visit(read, written, (((tap * In) + i) * Out) + o, i, o);
            }
        }
    }
}
