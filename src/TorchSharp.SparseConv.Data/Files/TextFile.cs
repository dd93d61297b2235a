using System.Globalization;
using System.Text;
using CsvHelper;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes points as text (.xyz, .txt, .csv), one line for each point. Numbers are separated by commas,
/// semicolons, tabs or spaces, and a line of names may come first.
/// </summary>
/// <remarks>
/// The names may follow a # or //. Without names, the first three columns are x, y and z, and the others are "column4",
/// "column5" and so on. The type of a column is the first of Int32, Int64, Float32 and Float64 that represents its
/// numbers; colours from 0 to 255 are bytes. Names have the same meaning as in <see cref="PlyFile"/>. Files are read
/// whole.
/// </remarks>
public static class TextFile
{
    /// <summary>Reads all points of a file.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="columns">The names of the columns, in place of the names in the file.</param>
    /// <exception cref="PointCloudException">
    /// The file is missing, has no columns x, y and z, or has a line with another number of columns or with something
    /// that is not a number.
    /// </exception>
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

    /// <summary>
    /// Writes positions and every attribute. A .csv file has commas and a line of names; other files have spaces and,
    /// if there are attributes, the names after a #.
    /// </summary>
    /// <exception cref="ArgumentException">Two attributes would have one name. No file is written then.</exception>
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
            // Several spaces or tabs in a row separate only once.
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

// The first line of a text file, which tells the separator and sometimes the names of the columns.
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

    // Whether the names are the first row, and not a comment or absent.
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
        if (fields.Length == 0)
        {
            throw file.Error("begins with a line of no words, expected the names of the columns or numbers", 0);
        }
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

    // Known names are brought to one spelling; all others stay as they are.
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
