using System.Text;
using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>What a LAS file says of itself before its points.</summary>
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

    /// <summary>The version after the dot, for example 4 of LAS 1.4.</summary>
    public int MinorVersion { get; }

    /// <summary>Which attributes a point has, 0 to 10.</summary>
    public int PointFormat { get; }

    /// <summary>The bytes of a point, extra bytes included.</summary>
    public int RecordBytes { get; }

    /// <summary>How many points there are.</summary>
    public long PointCount { get; }

    /// <summary>Flags for the file: bit 0 says that times count from 1980 less a billion seconds, bit 4 that the coordinate system is given as text.</summary>
    public int GlobalEncoding { get; private init; }

    /// <summary>The size of one step of x, y and z.</summary>
    public Origin Scale { get; private init; }

    /// <summary>What is added to x, y and z after they are scaled.</summary>
    public Origin Offset { get; private init; }

    /// <summary>The variable-length records, in the file's order.</summary>
    public IReadOnlyList<LasRecord> Records { get; private init; } = [];

    // Leaves the file at its first point.
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
            var (user, id) = (Text(head.Slice(2, 16)), NumberBytes.Read<ushort>(head[18..], ByteOrder.LittleEndian));
            var description = Text(head.Slice(22, 32));
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

    internal static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
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
