using System.Globalization;
using System.Text;
using CsvHelper;

namespace TorchSharp.SparseConv.Data.Files;

// What the first line of a text file tells: what separates its numbers and, perhaps, what they are called.
internal sealed class TextHeader
{
    private const int LongestLine = 1 << 16;
    private const int LongestRecord = 1 << 20;

    private static readonly string[] KnownNames =
    [
        "x",
        "y",
        "z",
        "red",
        "green",
        "blue",
        "alpha",
        "nx",
        "ny",
        "nz",
        PointAttribute.Intensity,
        PointAttribute.Label,
    ];

    private TextHeader(char separator, string[] names, bool isFirstRow)
    {
        Separator = separator;
        Names = names;
        IsFirstRow = isFirstRow;
    }

    public char Separator { get; }

    public string[] Names { get; }

    // Whether the names are the first row, rather than a comment or nowhere.
    public bool IsFirstRow { get; }

    public static TextHeader Read(string path)
    {
        using var file = ByteReader.Open(path);
        ReadOnlySpan<byte> line;
        do
        {
            if (!file.TryReadLine(LongestLine, "text", out line))
            {
                throw file.Error("has no points, expected lines of numbers");
            }
        } while (line.Trim(" \t\r"u8).IsEmpty);
        var text = Encoding.UTF8.GetString(line).Trim().TrimStart('\ufeff');
        var isComment = text.StartsWith('#') || text.StartsWith("//", StringComparison.Ordinal);
        var words = text.TrimStart('#', '/').Trim();
        var separator = Array.Find([',', ';', '\t'], mark => words.Count(mark) >= 2);
        var fields =
            separator == default
                ? words.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
                : Split(file, words, separator);
        var isNamed = !double.TryParse(fields[0], NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        if (isComment && (!isNamed || !fields.Select(NameOf).Contains("x", StringComparer.Ordinal)))
        {
            throw file.Error(
                "begins with a comment that names no column x, expected the names of the columns or numbers",
                0
            );
        }
        return new TextHeader(
            separator == default ? ' ' : separator,
            isNamed ? [.. fields.Select(NameOf)] : Unnamed(fields.Length),
            isNamed && !text.StartsWith('#')
        );
    }

    public static CsvReaderOptions Options(char separator) =>
        new()
        {
            Separator = separator,
            HasHeader = false,
            CommentPrefix = '#',
            Mode = separator == ' ' ? CsvMode.NoEscape : CsvMode.Rfc4180,
            TrimWhitespace = separator == ',' || separator == ';',
            MalformedData = CsvMalformedDataHandling.Throw,
            MaxRecordSize = LongestRecord,
        };

    private static string[] Split(ByteReader file, string line, char separator)
    {
        try
        {
            using var row = CsvReader.FromText(line, Options(separator));
            return row.Read() ? [.. Enumerable.Range(0, row.FieldCount).Select(row.GetString)] : [""];
        }
        catch (CsvFormatException error)
        {
            throw file.Error($"the first line is no row of a table: {error.Message}", 0);
        }
    }

    private static string[] Unnamed(int count) =>
        [.. Enumerable.Range(0, count).Select(i => i < 3 ? "xyz"[i].ToString() : $"column{i + 1}")];

    // Known names in our spelling, all others as they are.
    private static string NameOf(string given, int index)
    {
        var lower = given.ToLowerInvariant() switch
        {
            "r" => "red",
            "g" => "green",
            "b" => "blue",
            var other => other,
        };
        return KnownNames.Contains(lower, StringComparer.Ordinal) ? lower
            : given.Length == 0 ? $"column{index + 1}"
            : string.Join('_', given.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
