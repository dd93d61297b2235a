using System.Globalization;
using System.Numerics;

namespace TorchSharp.SparseConv.Data;

// Converts numbers to the text of a file and back, with "nan" and "inf" as the runtimes of C spell them: Microsoft's
// write "-nan(ind)", and once wrote "1.#QNAN", "-1.#IND" and "1.#INF".
internal static class NumberText
{
    public static bool TryParse<T>(ReadOnlySpan<byte> text, out T value)
        where T : unmanaged, INumber<T>
    {
        if (NumberTypes.IsInteger(NumberTypes.Of<T>()))
        {
            return T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }
        const NumberStyles Real =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return T.TryParse(text, Real, CultureInfo.InvariantCulture, out value) || TryParseSpecial(text, out value);
    }

    public static int Format<T>(Span<byte> to, T value)
        where T : unmanaged, INumber<T>
    {
        if (T.IsFinite(value))
        {
            return value.TryFormat(to, out var written, default, CultureInfo.InvariantCulture)
                ? written
                : throw new ArgumentException($"has {to.Length} bytes, too few for {value}", nameof(to));
        }
        var text =
            T.IsNaN(value) ? "nan"u8
            : T.IsNegative(value) ? "-inf"u8
            : "inf"u8;
        text.CopyTo(to);
        return text.Length;
    }

    private static bool TryParseSpecial<T>(ReadOnlySpan<byte> text, out T value)
        where T : unmanaged, INumber<T>
    {
        var negative = text.StartsWith("-"u8);
        Span<byte> word = stackalloc byte[9];
        var bare = negative || text.StartsWith("+"u8) ? text[1..] : text;
        if (
            bare.Length > word.Length
            || System.Text.Ascii.ToLower(bare, word, out var length) != System.Buffers.OperationStatus.Done
        )
        {
            value = default;
            return false;
        }
        word = word[..length];
        var infinite =
            word.SequenceEqual("inf"u8) || word.SequenceEqual("infinity"u8) || word.SequenceEqual("1.#inf"u8);
        value = T.CreateSaturating(
            infinite ? (negative ? double.NegativeInfinity : double.PositiveInfinity) : double.NaN
        );
        return infinite
            || word.SequenceEqual("nan"u8)
            || word.SequenceEqual("nan(ind)"u8)
            || word.SequenceEqual("nan(snan)"u8)
            || word.SequenceEqual("1.#qnan"u8)
            || word.SequenceEqual("1.#snan"u8)
            || word.SequenceEqual("1.#ind"u8);
    }
}

// Reads points from lines of text with numbers separated by white space.
internal static class LineReader
{
    public const int LongestLine = 1 << 20;

    // Returns the next token of a line and removes it from the line; empty at the end.
    public static ReadOnlySpan<byte> NextToken(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t\r"u8);
        var end = line.IndexOfAny(" \t\r"u8);
        var token = end < 0 ? line : line[..end];
        line = line[token.Length..];
        return token;
    }

    // Returns the next line that is not blank.
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

    // Throws if the file is too short for so many lines. A number takes at least a digit and a separator; only the last
    // one needs no separator.
    public static void Require(ByteReader file, long count, int numbers)
    {
        if (count > (file.Remaining + 1) / (2L * numbers))
        {
            file.Require(count, 2L * numbers, "points");
        }
    }

    // Reads one line for each point. A number whose column is null is skipped.
    public static void Read(ByteReader file, PointColumn?[] columns, int count)
    {
        for (var point = 0; point < count; point++)
        {
            var at = file.Offset;
            var line = NextLine(file, $"a line for point {point} of {count}");
            var read = 0;
            foreach (var column in columns)
            {
                var token = NextToken(ref line);
                if (column is not null)
                {
                    Parse(file, column, token, point, read++, at);
                }
            }
            ExpectEnd(file, line, read, at);
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

    // Returns text of a file in a form that fits into a message.
    public static string Quote(ReadOnlySpan<byte> text)
    {
        var shown = System.Text.Encoding.ASCII.GetString(text[..Math.Min(text.Length, 40)]);
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > 40 ? "..." : "");
    }
}

// Writes points as lines of text with numbers separated by one byte.
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
