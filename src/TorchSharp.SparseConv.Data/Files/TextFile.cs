using System.Globalization;
using System.Text;
using CsvHelper;

namespace TorchSharp.SparseConv.Data;

/// <summary>Points as text (.xyz, .txt, .csv), a line each: numbers separated by commas, semicolons, tabs or spaces, with or without a line of names.</summary>
/// <remarks>
/// Names may follow a # or //. Without names the first three columns are x, y and z, the others "column4", "column5" and so on. A column is Int32, Int64, Float32 or Float64, whichever is the first that gives
/// its numbers back; colours from 0 to 255 are bytes. Names mean what they mean in <see cref="PlyFile"/>. Files are read whole.
/// </remarks>
public static class TextFile
{
    /// <summary>All points of a file.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="columns">The names of the columns, instead of those that the file gives.</param>
    /// <exception cref="PointCloudException">The file is missing, has no columns x, y and z, a line with another number of columns, or something that is no number.</exception>
    public static PointCloud Read(string path, IReadOnlyList<string>? columns = null)
    {
        var header = TextHeader.Read(path);
        var names = columns ?? header.Names;
        var read = names.Select(name => new TextColumn(name)).ToArray();
        try
        {
            ReadRows(path, header, read);
        }
        catch (CsvFormatException error)
        {
            throw new PointCloudException(path, $"is no table: {error.Message}", error.ByteOffset, error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not PointCloudException))
        {
            throw new PointCloudException(path, $"cannot be read: {error.Message}", innerException: error);
        }
        return ToCloud(path, read);
    }

    /// <summary>Writes positions and every attribute; .csv with commas and a line of names, else with spaces, and the names after a # where there are attributes.</summary>
    /// <exception cref="ArgumentException">Two attributes would have one name; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        var columns = PointSchema.Flatten(cloud);
        var isCsv = string.Equals(Path.GetExtension(path), ".csv", StringComparison.OrdinalIgnoreCase);
        using var file = OutputFile.Create(path);
        var names = columns.Select(column => isCsv ? Quoted(column.Name) : column.Name);
        if (isCsv || columns.Count > 3)
        {
            file.Write(
                Encoding.UTF8.GetBytes(isCsv ? $"{string.Join(',', names)}\n" : $"# {string.Join(' ', names)}\n")
            );
        }
        LineWriter.Write(file, [.. columns.Select(column => column.Column)], cloud.Count, (byte)(isCsv ? ',' : ' '));
    }

    private static string Quoted(string name) =>
        name.AsSpan().ContainsAny(",;\"") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;

    private static void ReadRows(string path, TextHeader header, TextColumn[] columns)
    {
        var isSpaced = header.Separator == ' ';
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var rows = CsvReader.Create(file, TextHeader.Options(header.Separator), leaveOpen: true);
        var isNames = header.IsFirstRow;
        while (rows.Read())
        {
            if (!isNames)
            {
                AddRow(path, rows, columns, isSpaced);
            }
            isNames = false;
        }
    }

    private static void AddRow(string path, CsvReader row, TextColumn[] columns, bool isSpaced)
    {
        var count = 0;
        for (var i = 0; i < row.FieldCount; i++)
        {
            var field = row.GetSpan(i);
            if (!isSpaced)
            {
                AddField(path, row, columns, count++, field);
                continue;
            }
            // Several spaces in a row, or tabs among them, separate only once.
            for (var token = LineReader.NextToken(ref field); !token.IsEmpty; token = LineReader.NextToken(ref field))
            {
                AddField(path, row, columns, count++, token);
            }
        }
        if (count != columns.Length && (count > 0 || !isSpaced))
        {
            throw new PointCloudException(
                path,
                $"the line has {count} columns, expected {columns.Length}",
                row.ByteOffset
            );
        }
    }

    private static void AddField(string path, CsvReader row, TextColumn[] columns, int index, ReadOnlySpan<byte> field)
    {
        if (index < columns.Length && !columns[index].TryAdd(field))
        {
            throw new PointCloudException(
                path,
                $"column {columns[index].Name} is \"{LineReader.Quote(field)}\", expected a number",
                row.ByteOffset
            );
        }
    }

    private static PointCloud ToCloud(string path, TextColumn[] columns)
    {
        var types = TextTypes.Of(columns);
        var properties = columns.Select((column, i) => new PointProperty(column.Name, types[i])).ToArray();
        var schema = PointSchema.Create(properties, problem => new PointCloudException(path, problem));
        var arrays = columns.Select((column, i) => column.ToArray(types[i])).ToArray();
        var block = schema.NewBlock(arrays[0].Length);
        for (var i = 0; i < arrays.Length; i++)
        {
            block
                .Columns[i]
                .Decode(
                    NumberBytes.AsBytes(arrays[i]),
                    NumberTypes.Size(types[i]),
                    0,
                    arrays[i].Length,
                    NumberBytes.MachineOrder
                );
        }
        return schema.ToCloud(block);
    }
}

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
