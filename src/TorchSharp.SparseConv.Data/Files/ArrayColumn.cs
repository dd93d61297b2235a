using System.Numerics;

namespace TorchSharp.SparseConv.Data.Files;

internal sealed class ArrayColumn<T>(T[] values, int width, int first) : PointColumn
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    public override NumberType Type => NumberTypes.Of<T>();

    public override void Decode(ReadOnlySpan<byte> records, int stride, int start, int count, ByteOrder order)
    {
        for (var i = 0; i < count; i++)
        {
            values[(start + i) * width + first] = NumberBytes.Read<T>(records[(i * stride)..], order);
        }
    }

    public override void Encode(Span<byte> records, int stride, int start, int count, ByteOrder order)
    {
        for (var i = 0; i < count; i++)
        {
            NumberBytes.Write(records[(i * stride)..], values[(start + i) * width + first], order);
        }
    }

    public override bool TryParse(ReadOnlySpan<byte> text, int point) =>
        NumberText.TryParse(text, out values[point * width + first]);

    public override int Format(Span<byte> to, int point) => NumberText.Format(to, values[point * width + first]);
}
