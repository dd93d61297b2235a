namespace TorchSharp.SparseConv.Data.Files;

// Points as lines of text, numbers separated by one byte.
internal static class LineWriter
{
    private const int LongestNumber = 32;

    public static void Write(Stream file, IReadOnlyList<PointColumn> columns, int count, byte separator)
    {
        var line = new byte[columns.Count * (LongestNumber + 1)];
        for (var point = 0; point < count; point++)
        {
            var length = 0;
            foreach (var column in columns)
            {
                length += column.Format(line.AsSpan(length), point);
                line[length++] = separator;
            }
            line[length - 1] = (byte)'\n';
            file.Write(line, 0, length);
        }
    }
}
