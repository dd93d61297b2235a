using System.Numerics;

namespace TorchSharp.SparseConv.Data.Files;

// One property of the points of a file, and the place of its values in memory: every width-th entry of an array, from first on.
internal abstract class PointColumn
{
    public abstract NumberType Type { get; }

    // Takes the property of count points out of records; the first point of them is start.
    public abstract void Decode(ReadOnlySpan<byte> records, int stride, int start, int count, ByteOrder order);

    public abstract void Encode(Span<byte> records, int stride, int start, int count, ByteOrder order);

    // False where the text is no number of this type.
    public abstract bool TryParse(ReadOnlySpan<byte> text, int point);

    // Writes the shortest text that reads back as the same number; needs 32 bytes.
    public abstract int Format(Span<byte> to, int point);

    public static PointColumn Over(Array values, int width = 1, int first = 0) =>
        NumberTypes.Visit<Factory, PointColumn>(values, new Factory(width, first));

    private readonly struct Factory(int width, int first) : INumberVisitor<PointColumn>
    {
        public PointColumn Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => new ArrayColumn<T>(values, width, first);
    }
}
