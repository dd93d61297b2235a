using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace TorchSharp.SparseConv.Data;

// An attribute in the record of a point: whole numbers, or some bits of a byte.
internal readonly record struct LasField(
    string Name,
    NumberType Type,
    int Offset,
    int Components = 1,
    int Shift = 0,
    int Bits = 0
)
{
    // The scale and offset that extra bytes may have.
    public double[]? Scale { get; init; }

    public double[]? Shifts { get; init; }

    public int Bytes => NumberTypes.Size(Type) * Components;
}

// The attributes of each point format and their places in the record of a point.
internal static class LasLayout
{
    public const string GpsTime = "gps_time";
    public const string NearInfrared = "near_infrared";
    public const string WavePacket = "wave_packet";
    public const int MostLegacyClass = 31;

    // The attributes that only formats 6 to 10 have.
    public static readonly string[] ExtendedOnly = ["overlap", "scanner_channel", "scan_angle"];

    private static readonly LasField[] Legacy =
    [
        new(PointAttribute.Intensity, NumberType.UInt16, 12),
        new("return_number", NumberType.UInt8, 14, Shift: 0, Bits: 3),
        new("number_of_returns", NumberType.UInt8, 14, Shift: 3, Bits: 3),
        new("scan_direction", NumberType.UInt8, 14, Shift: 6, Bits: 1),
        new("edge_of_flight_line", NumberType.UInt8, 14, Shift: 7, Bits: 1),
        new(PointAttribute.Label, NumberType.UInt8, 15, Shift: 0, Bits: 5),
        new("synthetic", NumberType.UInt8, 15, Shift: 5, Bits: 1),
        new("key_point", NumberType.UInt8, 15, Shift: 6, Bits: 1),
        new("withheld", NumberType.UInt8, 15, Shift: 7, Bits: 1),
        new("scan_angle_rank", NumberType.Int8, 16),
        new("user_data", NumberType.UInt8, 17),
        new("point_source", NumberType.UInt16, 18),
    ];

    private static readonly LasField[] Extended =
    [
        new(PointAttribute.Intensity, NumberType.UInt16, 12),
        new("return_number", NumberType.UInt8, 14, Shift: 0, Bits: 4),
        new("number_of_returns", NumberType.UInt8, 14, Shift: 4, Bits: 4),
        new("synthetic", NumberType.UInt8, 15, Shift: 0, Bits: 1),
        new("key_point", NumberType.UInt8, 15, Shift: 1, Bits: 1),
        new("withheld", NumberType.UInt8, 15, Shift: 2, Bits: 1),
        new("overlap", NumberType.UInt8, 15, Shift: 3, Bits: 1),
        new("scanner_channel", NumberType.UInt8, 15, Shift: 4, Bits: 2),
        new("scan_direction", NumberType.UInt8, 15, Shift: 6, Bits: 1),
        new("edge_of_flight_line", NumberType.UInt8, 15, Shift: 7, Bits: 1),
        new(PointAttribute.Label, NumberType.UInt8, 16),
        new("user_data", NumberType.UInt8, 17),
        new("scan_angle", NumberType.Int16, 18), // in steps of 0.006 degrees
        new("point_source", NumberType.UInt16, 20),
        new(GpsTime, NumberType.Float64, 22),
    ];

    public static List<LasField> Fields(int format)
    {
        var fields = new List<LasField>(format < 6 ? Legacy : Extended);
        var offset = format < 6 ? 20 : 30;
        if (format is 1 or 3 or 4 or 5)
        {
            Add(GpsTime, NumberType.Float64, 1);
        }
        if (format is 2 or 3 or 5 or 7 or 8 or 10)
        {
            Add(PointAttribute.Color, NumberType.UInt16, 3);
        }
        if (format is 8 or 10)
        {
            Add(NearInfrared, NumberType.UInt16, 1);
        }
        if (format is 4 or 5 or 9 or 10)
        {
            Add(WavePacket, NumberType.UInt8, 1); // 0 for none, else which record describes it
            Add("waveform_offset", NumberType.UInt64, 1);
            Add("waveform_size", NumberType.UInt32, 1);
            Add("waveform_location", NumberType.Float32, 1);
            Add("waveform_direction", NumberType.Float32, 3);
        }
        return fields;

        void Add(string name, NumberType type, int components)
        {
            fields.Add(new LasField(name, type, offset, components));
            offset += fields[^1].Bytes;
        }
    }

    // Returns the smallest format that has room for the attributes. Extended attributes need the formats 6 to 10.
    public static int FormatFor(bool extended, bool time, bool color, bool infrared, bool waves) =>
        (extended || infrared, waves) switch
        {
            (true, true) => color || infrared ? 10 : 9,
            (true, false) when infrared => 8,
            (true, false) => color ? 7 : 6,
            (false, true) => color ? 5 : 4,
            (false, false) => (color ? 2 : 0) + (time ? 1 : 0),
        };
}

// The record that describes the bytes after the fixed part of a point, with 192 bytes for each attribute.
internal static class LasExtraBytes
{
    private const int DescriptorBytes = 192;
    private const int ScaleBit = 8;
    private const int OffsetBit = 16;

    // The types in the order of their codes, which start at 1.
    private static readonly NumberType[] Types =
    [
        NumberType.UInt8,
        NumberType.Int8,
        NumberType.UInt16,
        NumberType.Int16,
        NumberType.UInt32,
        NumberType.Int32,
        NumberType.UInt64,
        NumberType.Int64,
        NumberType.Float32,
        NumberType.Float64,
    ];

    public static List<LasField> Read(ByteReader file, LasHeader header)
    {
        var fields = new List<LasField>();
        var offset = LasHeader.PointBytes[header.PointFormat];
        foreach (var record in header.Records.Where(record => record.IsExtraBytes))
        {
            if (record.Content.Length % DescriptorBytes != 0)
            {
                throw file.Error(
                    $"the record of extra bytes has {record.Content.Length} "
                        + $"bytes, must be a multiple of {DescriptorBytes}"
                );
            }
            for (var at = 0; at < record.Content.Length; at += DescriptorBytes)
            {
                var field = Describe(file, record.Content.Span.Slice(at, DescriptorBytes), offset);
                offset += field.Bytes;
                fields.Add(field);
            }
        }
        if (offset > header.RecordBytes)
        {
            throw file.Error($"the extra bytes reach byte {offset} of a point, which has only {header.RecordBytes}");
        }
        if (offset < header.RecordBytes)
        {
            fields.Add(new LasField("extra_bytes", NumberType.UInt8, offset, header.RecordBytes - offset));
        }
        return Join(fields);
    }

    public static LasRecord Write(IReadOnlyList<PointAttribute> attributes)
    {
        var content = new MemoryStream();
        foreach (var attribute in attributes)
        {
            for (var component = 0; component < attribute.Components; component++)
            {
                var name = attribute.Components == 1 ? attribute.Name : $"{attribute.Name}_{component}";
                if (name.Length > 32)
                {
                    throw new ArgumentException(
                        $"{name} is longer than the 32 characters that LAS has for a name",
                        nameof(attributes)
                    );
                }
                var descriptor = new byte[DescriptorBytes];
                descriptor[2] = (byte)(1 + Array.IndexOf(Types, attribute.Type));
                Encoding.Latin1.GetBytes(name, descriptor.AsSpan(4));
                content.Write(descriptor);
            }
        }
        return content.Length <= ushort.MaxValue
            ? new LasRecord("LASF_Spec", 4, "extra bytes", content.ToArray())
            : throw new ArgumentException("the cloud has more attributes than LAS can describe", nameof(attributes));
    }

    private static LasField Describe(ByteReader file, ReadOnlySpan<byte> descriptor, int offset)
    {
        int code = descriptor[2];
        int options = descriptor[3];
        var name = Name(NumberBytes.Text(descriptor.Slice(4, 32)));
        if (code == 0)
        {
            return new LasField(name, NumberType.UInt8, offset, Math.Max(1, options));
        }
        if (code > 3 * Types.Length)
        {
            throw file.Error($"the extra bytes {name} have type {code}, expected 0 to {3 * Types.Length}");
        }
        var components = 1 + (code - 1) / Types.Length;
        var field = new LasField(name, Types[(code - 1) % Types.Length], offset, components);
        return (options & (ScaleBit | OffsetBit)) == 0
            ? field
            : field with
            {
                Scale = (options & ScaleBit) == 0 ? null : Doubles(descriptor[112..], components),
                Shifts = (options & OffsetBit) == 0 ? null : Doubles(descriptor[136..], components),
            };
    }

    private static string Name(string given)
    {
        var name = string.Join('_', given.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return name.Length > 0 ? name : "extra";
    }

    private static double[] Doubles(ReadOnlySpan<byte> from, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(from[(8 * i)..]);
        }
        return values;
    }

    // Joins neighbouring fields name_0, name_1, ... of one type to one attribute, and numbers repeated names.
    private static List<LasField> Join(List<LasField> fields)
    {
        var joined = new List<LasField>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            var run = 1;
            if (field.Name.EndsWith("_0", StringComparison.Ordinal) && IsPlain(field))
            {
                var stem = field.Name[..^1];
                while (
                    i + run < fields.Count
                    && Continues(fields[i + run], field, stem + run.ToString(CultureInfo.InvariantCulture))
                )
                {
                    run++;
                }
                if (run > 1 && field.Name.Length > 2)
                {
                    field = field with { Name = field.Name[..^2], Components = run };
                    i += run - 1;
                }
            }
            var name = field.Name;
            for (var number = 2; !names.Add(name); number++)
            {
                name = $"{field.Name}_{number}";
            }
            joined.Add(field with { Name = name });
        }
        return joined;
    }

    private static bool Continues(LasField next, LasField first, string name) =>
        IsPlain(next) && next.Type == first.Type && string.Equals(next.Name, name, StringComparison.Ordinal);

    private static bool IsPlain(LasField field) => field is { Components: 1, Scale: null, Shifts: null };
}
