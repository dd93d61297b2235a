namespace TorchSharp.SparseConv.Data.Files;

// Points as records of fixed size, property after property.
internal static class PointRecords
{
    private const int BytesPerStep = 1 << 16;

    // Offsets are those of the columns within a record.
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
