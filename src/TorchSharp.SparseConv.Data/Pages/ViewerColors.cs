using System.Numerics;

namespace TorchSharp.SparseConv.Data;

// Red, green and blue in 8 bits each, from 8 bits, 16 bits, or floats from 0 to 1.
internal readonly struct ViewerColors(int components) : INumberVisitor<byte[]>
{
    public byte[] Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        // Some writers leave 8-bit colours in 16-bit fields.
        var largest = values.Length == 0 ? 0 : values.Max(value => double.CreateSaturating(value));
        var scale = NumberTypes.IsInteger(NumberTypes.Of<T>()) ? (largest > 255 ? 1 / 257.0 : 1) : 255;
        var result = new byte[values.Length / components * 3];
        for (var i = 0; i < result.Length; i++)
        {
            var value = double.CreateSaturating(values[i / 3 * components + i % 3]);
            result[i] = byte.CreateSaturating(Math.Round(value * scale));
        }
        return result;
    }
}
