namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes aerial LiDAR in ASPRS LAS 1.0 to 1.4 (.las), point formats 0 to 10, with all attributes and extra
/// bytes. Compressed LAZ files are refused.
/// </summary>
/// <remarks>
/// The classification is the attribute "label", and the colour (16 bits for each channel) is "color". The other
/// attributes are named "intensity", "return_number", "number_of_returns", "scan_direction", "edge_of_flight_line",
/// "synthetic", "key_point", "withheld", "overlap", "scanner_channel", "scan_angle_rank" (degrees) or "scan_angle"
/// (0.006 degrees), "user_data", "point_source", "gps_time", "near_infrared", "wave_packet" and "waveform_offset",
/// "waveform_size", "waveform_location", "waveform_direction". Positions beyond 4,096 are relative to a
/// <see cref="PointCloud.Origin"/>.
/// </remarks>
public static class LasFile
{
    /// <summary>Reads all points of a file.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, compressed or ends too early.</exception>
    public static PointCloud Read(string path)
    {
        using var reader = Open(path);
        return reader.ReadAll();
    }

    /// <summary>Reads the header of a file without its points.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, or too short for its points.</exception>
    public static LasHeader ReadHeader(string path)
    {
        using var file = ByteReader.Open(path);
        return LasHeader.Read(file);
    }

    /// <summary>
    /// Writes positions, rounded to whole steps, and every attribute, in the smallest point format that has room.
    /// Attributes without a field in LAS, or with values that do not fit it, are written as described extra bytes.
    /// </summary>
    /// <param name="path">The file to write.</param>
    /// <param name="cloud">The points. A colour of 8 bits is scaled to 16 bits.</param>
    /// <param name="scale">The size of a step, in metres.</param>
    /// <param name="like">A header whose flags and records, for example the coordinate system, are copied.</param>
    /// <exception cref="ArgumentException">
    /// A position is not finite or does not fit 32 bits of such steps, or the name of an attribute is too long. No file
    /// is written then.
    /// </exception>
    public static void Write(string path, PointCloud cloud, double scale = 0.001, LasHeader? like = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        if (!double.IsFinite(scale) || scale <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "must be positive and finite");
        }
        var writer = new LasWriter(cloud, scale, like);
        using var file = OutputFile.Create(path);
        writer.Write(file);
    }

    /// <summary>
    /// Copies a file with other classifications. Every other byte stays: coordinate system, records, times, extra bytes,
    /// scale. Points are copied as they pass, so that a file may have any size. The function gives the label of a point
    /// by its number; the target may be the source.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A label does not fit the point format: 0 to 31 in formats 0 to 5, 0 to 255 in 6 to 10. The target is left as it
    /// was then.
    /// </exception>
    /// <exception cref="PointCloudException">
    /// The source is missing, malformed or compressed, or keeps its labels in extra bytes.
    /// </exception>
    public static void WriteLabels(string source, string target, Func<long, int> labelOf)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(labelOf);
        var unfinished = target + ".new";
        try
        {
            using (var file = ByteReader.Open(source))
            using (var output = OutputFile.Create(unfinished))
            {
                LasLabels.Copy(file, output, labelOf);
            }
            File.Move(unfinished, target, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    internal static PointReader Open(string path) => PointReader.Open(path, LasReader.Open);
}

// The bytes of a file with other classifications.
internal static class LasLabels
{
    private const int PointsAtOnce = 1 << 14;

    public static void Copy(ByteReader file, Stream output, Func<long, int> labelOf)
    {
        var header = LasHeader.Read(file);
        if (
            LasExtraBytes
                .Read(file, header)
                .Exists(field => string.Equals(field.Name, PointAttribute.Label, StringComparison.Ordinal))
        )
        {
            throw file.Error("has labels in extra bytes, which a copy with other labels cannot keep");
        }
        var field = LasLayout
            .Fields(header.PointFormat)
            .Find(field => string.Equals(field.Name, PointAttribute.Label, StringComparison.Ordinal));
        var most = header.MostLabel;
        using (var source = File.OpenRead(file.Path))
        {
            CopyBytes(source, output, file.Offset);
        }
        for (long point = 0; point < header.PointCount; )
        {
            var count = (int)Math.Min(PointsAtOnce, header.PointCount - point);
            var records = file.Take(count * header.RecordBytes, "points").ToArray();
            for (var i = 0; i < count; i++, point++)
            {
                var label = labelOf(point);
                if (label < 0 || label > most)
                {
                    throw new ArgumentException(
                        $"the label of point {point} is {label}, must be 0 to {most} in point format {header.PointFormat}",
                        nameof(labelOf)
                    );
                }
                ref var place = ref records[i * header.RecordBytes + field.Offset];
                place = (byte)((place & ~most) | label);
            }
            output.Write(records);
        }
        using var rest = File.OpenRead(file.Path);
        rest.Position = file.Offset;
        rest.CopyTo(output);
    }

    private static void CopyBytes(Stream from, Stream to, long count)
    {
        var buffer = new byte[1 << 16];
        while (count > 0)
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, count));
            from.ReadExactly(bytes);
            to.Write(bytes);
            count -= bytes.Length;
        }
    }
}

/// <summary>The header of a LAS file.</summary>
public sealed class LasHeader
{
    internal const int SmallestBytes = 227;

    internal static readonly int[] PointBytes = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];

    private LasHeader(int minorVersion, int pointFormat, int recordBytes, long pointCount)
    {
        MinorVersion = minorVersion;
        PointFormat = pointFormat;
        RecordBytes = recordBytes;
        PointCount = pointCount;
    }

    /// <summary>The version after the dot, for example 4 for LAS 1.4.</summary>
    public int MinorVersion { get; }

    /// <summary>The point format, 0 to 10, which decides the attributes of a point.</summary>
    public int PointFormat { get; }

    /// <summary>The largest classification: 31 in the point formats 0 to 5, 255 in 6 to 10.</summary>
    public int MostLabel => PointFormat < 6 ? LasLayout.MostLegacyClass : byte.MaxValue;

    /// <summary>The number of bytes of a point, including extra bytes.</summary>
    public int RecordBytes { get; }

    /// <summary>The number of points.</summary>
    public long PointCount { get; }

    /// <summary>
    /// The flags of the file: bit 0 says that times count from 1980 minus a billion seconds, bit 4 that the coordinate
    /// system is given as text.
    /// </summary>
    public int GlobalEncoding { get; private init; }

    /// <summary>The size of one step of x, y and z.</summary>
    public Origin Scale { get; private init; }

    /// <summary>The offset that is added to x, y and z after scaling.</summary>
    public Origin Offset { get; private init; }

    /// <summary>The variable-length records, in the order of the file.</summary>
    public IReadOnlyList<LasRecord> Records { get; private init; } = [];

    // Reads the header and stops at the first point.
    internal static LasHeader Read(ByteReader file)
    {
        var bytes = file.Take(SmallestBytes, "the header").ToArray();
        if (!bytes.AsSpan(0, 4).SequenceEqual("LASF"u8))
        {
            throw file.Error("is no LAS file: expected it to begin with LASF", 0);
        }
        var (major, minor) = (bytes[24], bytes[25]);
        if (major != 1 || minor > 4)
        {
            throw file.Error($"is LAS {major}.{minor}, expected 1.0 to 1.4", 24);
        }
        var headerBytes = Number<ushort>(bytes, 94);
        var leastBytes =
            minor == 4 ? 375
            : minor == 3 ? 235
            : SmallestBytes;
        if (headerBytes < leastBytes)
        {
            throw file.Error($"the header is {headerBytes} bytes, must be at least {leastBytes} in LAS 1.{minor}", 94);
        }
        var (format, recordBytes) = Points(file, bytes);
        var more = file.Take(headerBytes - SmallestBytes, "the header").ToArray();
        long count = Number<uint>(bytes, 107);
        if (minor == 4 && Number<ulong>(more, 247 - SmallestBytes) is > 0 and var wide)
        {
            count =
                wide <= long.MaxValue
                    ? (long)wide
                    : throw file.Error($"has {wide} points, which is no number of points", 247);
        }
        var begin = Number<uint>(bytes, 96);
        var header = new LasHeader(minor, format, recordBytes, count)
        {
            GlobalEncoding = Number<ushort>(bytes, 6),
            Scale = Numbers(file, bytes, 131, "scale"),
            Offset = Numbers(file, bytes, 155, "offset"),
            Records = ReadRecords(file, Number<uint>(bytes, 100), begin),
        };
        file.Skip(begin - file.Offset, "the header");
        file.Require(count, recordBytes, "points");
        return header;
    }

    private static (int Format, int RecordBytes) Points(ByteReader file, byte[] bytes)
    {
        int format = bytes[104];
        if ((format & 0xc0) != 0)
        {
            throw file.Error("the points are compressed (LAZ), which is not read; expected plain LAS", 104);
        }
        if (format >= PointBytes.Length)
        {
            throw file.Error($"the point format is {format}, expected 0 to {PointBytes.Length - 1}", 104);
        }
        var recordBytes = Number<ushort>(bytes, 105);
        return recordBytes >= PointBytes[format]
            ? (format, recordBytes)
            : throw file.Error(
                $"points are {recordBytes} bytes, must be at least {PointBytes[format]} in point format {format}",
                105
            );
    }

    private static List<LasRecord> ReadRecords(ByteReader file, uint count, uint end)
    {
        if (end < file.Offset || count > (end - file.Offset) / LasRecord.HeadBytes)
        {
            throw file.Error(
                $"the points begin at byte {end}, before the end of the header and its {count} records",
                96
            );
        }
        var records = new List<LasRecord>();
        for (; count > 0; count--)
        {
            var at = file.Offset;
            var head = file.Take(LasRecord.HeadBytes, "a record");
            var length = NumberBytes.Read<ushort>(head[20..], ByteOrder.LittleEndian);
            var (user, id) = (
                NumberBytes.Text(head.Slice(2, 16)),
                NumberBytes.Read<ushort>(head[18..], ByteOrder.LittleEndian)
            );
            var description = NumberBytes.Text(head.Slice(22, 32));
            if (length > end - file.Offset)
            {
                throw file.Error(
                    $"the record {user} {id} has {length} bytes and runs into the points, which begin at byte {end}",
                    at
                );
            }
            records.Add(new LasRecord(user, id, description, file.Take(length, "a record").ToArray()));
        }
        return records;
    }

    // The smallest and the largest step along an axis; 0 if there are no points.
    internal static (int Low, int High) Bounds(int[] steps, int axis)
    {
        var (low, high) = (int.MaxValue, int.MinValue);
        for (var i = axis; i < steps.Length; i += 3)
        {
            (low, high) = (Math.Min(low, steps[i]), Math.Max(high, steps[i]));
        }
        return low <= high ? (low, high) : (0, 0);
    }

    private static T Number<T>(byte[] bytes, int at)
        where T : unmanaged => NumberBytes.Read<T>(bytes.AsSpan(at), ByteOrder.LittleEndian);

    private static Origin Numbers(ByteReader file, byte[] bytes, int at, string what)
    {
        var numbers = new Origin(
            Number<double>(bytes, at),
            Number<double>(bytes, at + 8),
            Number<double>(bytes, at + 16)
        );
        for (var axis = 0; axis < 3; axis++)
        {
            var value = numbers[axis];
            if (!double.IsFinite(value) || (at == 131 && value == 0))
            {
                throw file.Error(
                    $"the {what} of {"xyz"[axis]} is {value}, must be finite and no scale zero",
                    at + 8 * axis
                );
            }
        }
        return numbers;
    }
}

/// <summary>A variable-length record of a LAS file, such as its coordinate system.</summary>
/// <param name="User">The definer of the record, for example LASF_Projection; at most 16 characters.</param>
/// <param name="Id">The id that the definer gave the record.</param>
/// <param name="Description">A short description of at most 32 characters.</param>
/// <param name="Content">The content, at most 65,535 bytes.</param>
public sealed record LasRecord(string User, int Id, string Description, ReadOnlyMemory<byte> Content)
{
    internal const int HeadBytes = 54;

    internal bool IsExtraBytes => string.Equals(User, "LASF_Spec", StringComparison.Ordinal) && Id == 4;
}
