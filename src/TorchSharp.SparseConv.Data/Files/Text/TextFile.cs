using System.Text;
using CsvHelper;
using TorchSharp.SparseConv.Data.Files;

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
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
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
