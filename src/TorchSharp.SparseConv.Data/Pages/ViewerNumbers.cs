using System.Numerics;

namespace TorchSharp.SparseConv.Data;

// One component of an attribute as numbers above the lowest: in 8 or 16 bits where they are integers that fit, else as 32-bit floats.
internal readonly struct ViewerNumbers(PageBlocks blocks, int components, int component, string name)
    : INumberVisitor<ViewerColumn?>
{
    // Null where all numbers are the same, or none is finite: there is nothing to see.
    public ViewerColumn? Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = component; i < values.Length; i += components)
        {
            var value = double.CreateSaturating(values[i]);
            if (double.IsFinite(value))
            {
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }
        }
        if (!(low < high) || !double.IsFinite(high - low))
        {
            return null;
        }
        var integers = NumberTypes.IsInteger(NumberTypes.Of<T>());
        var (kind, block) = (integers, high - low) switch
        {
            (true, <= byte.MaxValue) => ("u8", blocks.Add(Above<T, byte>(values, low))),
            (true, <= ushort.MaxValue) => ("u16", blocks.Add(Above<T, ushort>(values, low))),
            _ => ("f32", blocks.Add(Above<T, float>(values, low))),
        };
        return new ViewerColumn(name, kind, block, low, high);
    }

    private TTo[] Above<T, TTo>(T[] values, double low)
        where T : unmanaged, INumber<T>
        where TTo : unmanaged, INumber<TTo>
    {
        var result = new TTo[values.Length / components];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = TTo.CreateSaturating(double.CreateSaturating(values[i * components + component]) - low);
        }
        return result;
    }
}
