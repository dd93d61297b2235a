namespace TorchSharp.SparseConv.Data.Files;

// Points as lines of text, numbers separated by white space.
internal static class LineReader
{
    public const int LongestLine = 1 << 20;

    // The next token of a line, and what comes after it; empty at the end.
    public static ReadOnlySpan<byte> NextToken(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t\r"u8);
        var end = line.IndexOfAny(" \t\r"u8);
        var token = end < 0 ? line : line[..end];
        line = line[token.Length..];
        return token;
    }

    // The next line that is not blank.
    public static ReadOnlySpan<byte> NextLine(ByteReader file, string expected)
    {
        while (file.TryReadLine(LongestLine, expected, out var line))
        {
            if (!line.Trim(" \t\r"u8).IsEmpty)
            {
                return line;
            }
        }
        throw file.Error($"the file ends too early: expected {expected}");
    }

    // Refuses a promise of lines that the file is too short for: a digit and a separator for each number, but for the last.
    public static void Require(ByteReader file, long count, int numbers)
    {
        if (count > (file.Remaining + 1) / (2L * numbers))
        {
            file.Require(count, 2L * numbers, "points");
        }
    }

    public static void Read(ByteReader file, PointColumn[] columns, int count)
    {
        for (var point = 0; point < count; point++)
        {
            var at = file.Offset;
            var line = NextLine(file, $"a line for point {point} of {count}");
            for (var i = 0; i < columns.Length; i++)
            {
                Parse(file, columns[i], NextToken(ref line), point, i, at);
            }
            ExpectEnd(file, line, columns.Length, at);
        }
    }

    public static void Parse(
        ByteReader file,
        PointColumn column,
        ReadOnlySpan<byte> token,
        int point,
        int index,
        long at
    )
    {
        if (token.IsEmpty)
        {
            throw file.Error($"the line has only {index} numbers, expected more", at);
        }
        if (!column.TryParse(token, point))
        {
            throw file.Error($"number {index + 1} of the line is \"{Quote(token)}\", expected {column.Type}", at);
        }
    }

    public static void ExpectEnd(ByteReader file, ReadOnlySpan<byte> rest, int expected, long at)
    {
        var token = NextToken(ref rest);
        if (!token.IsEmpty)
        {
            throw file.Error($"the line goes on with \"{Quote(token)}\", expected {expected} numbers", at);
        }
    }

    // Text of a file, fit for a message.
    public static string Quote(ReadOnlySpan<byte> text)
    {
        var shown = System.Text.Encoding.ASCII.GetString(text[..Math.Min(text.Length, 40)]);
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > 40 ? "..." : "");
    }
}
