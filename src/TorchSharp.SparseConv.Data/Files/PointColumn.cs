using System.Numerics;

namespace TorchSharp.SparseConv.Data;

// One property of the points of a file. Its values are every width-th entry of an array, beginning with the entry
// first.
internal abstract class PointColumn
{
    public abstract NumberType Type { get; }

    // Takes the property of count points out of records. The first of the points has the index start.
    public abstract void Decode(ReadOnlySpan<byte> records, int stride, int start, int count, ByteOrder order);

    public abstract void Encode(Span<byte> records, int stride, int start, int count, ByteOrder order);

    // Returns false if the text is not a number of this type.
    public abstract bool TryParse(ReadOnlySpan<byte> text, int point);

    // Writes the shortest text that reads back as the same number, at most 32 bytes.
    public abstract int Format(Span<byte> to, int point);

    public static PointColumn Over(Array values, int width = 1, int first = 0) =>
        NumberTypes.Visit<Factory, PointColumn>(values, new Factory(width, first));

    private readonly struct Factory(int width, int first) : INumberVisitor<PointColumn>
    {
        public PointColumn Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => new ArrayColumn<T>(values, width, first);
    }
}

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

// A coordinate with the origin added, computed as it is written. It cannot be read into.
internal sealed class WorldColumn(PointCloud cloud, int axis) : PointColumn
{
    private readonly float[] _positions = cloud.Positions;
    private readonly double _origin = cloud.Origin[axis];

    public override NumberType Type => NumberType.Float64;

    public override void Encode(Span<byte> records, int stride, int start, int count, ByteOrder order)
    {
        for (var i = 0; i < count; i++)
        {
            NumberBytes.Write(records[(i * stride)..], At(start + i), order);
        }
    }

    public override int Format(Span<byte> to, int point) => NumberText.Format(to, At(point));

    public override void Decode(ReadOnlySpan<byte> records, int stride, int start, int count, ByteOrder order) =>
        throw new NotSupportedException();

    public override bool TryParse(ReadOnlySpan<byte> text, int point) => throw new NotSupportedException();

    private double At(int point) => _origin + _positions[3 * point + axis];
}

// Reads and writes points as records of fixed size, property after property.
internal static class PointRecords
{
    private const int BytesPerStep = 1 << 16;

    // The offsets are those of the columns within a record.
    public static void Read(
        ByteReader file,
        PointColumn[] columns,
        ReadOnlySpan<int> offsets,
        int stride,
        int count,
        ByteOrder order
    )
    {
        var step = Math.Max(1, BytesPerStep / stride);
        for (var start = 0; start < count; start += step)
        {
            var points = Math.Min(step, count - start);
            var records = file.Take(points * stride, "points");
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i].Decode(records[offsets[i]..], stride, start, points, order);
            }
        }
    }

    public static void Write(Stream file, IReadOnlyList<PointColumn> columns, int count, ByteOrder order)
    {
        var stride = columns.Sum(column => NumberTypes.Size(column.Type));
        var step = Math.Max(1, BytesPerStep / stride);
        var records = new byte[Math.Min(step, count) * stride];
        for (var start = 0; start < count; start += step)
        {
            var points = Math.Min(step, count - start);
            var offset = 0;
            foreach (var column in columns)
            {
                column.Encode(records.AsSpan(offset), stride, start, points, order);
                offset += NumberTypes.Size(column.Type);
            }
            file.Write(records, 0, points * stride);
        }
    }
}
