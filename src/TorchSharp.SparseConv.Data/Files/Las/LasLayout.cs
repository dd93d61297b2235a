namespace TorchSharp.SparseConv.Data.Files;

// Which attributes the points of each format have, and where.
internal static class LasLayout
{
    public const string GpsTime = "gps_time";
    public const string NearInfrared = "near_infrared";
    public const string WavePacket = "wave_packet";
    public const int MostLegacyClass = 31;

    // What only formats 6 to 10 have.
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

    // The smallest format that has room for the attributes; the flags say what needs 6 to 10.
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
