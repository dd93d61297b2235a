using System.Text;

namespace TorchSharp.SparseConv.Data;

// Writes a LAS file. The constructor decides and checks everything, so that writing does not fail because of the cloud.
internal sealed class LasWriter
{
    private const int BytesPerStep = 1 << 16;
    private const int WktBit = 16;

    private readonly PointCloud _cloud;
    private readonly double _scale;
    private readonly int[] _steps;
    private readonly int _format;
    private readonly int _recordBytes;
    private readonly int _encoding;
    private readonly List<(LasField Field, Array Values)> _fields = [];
    private readonly List<LasRecord> _records = [];

    public LasWriter(PointCloud cloud, double scale, LasHeader? like)
    {
        _cloud = cloud;
        _scale = scale;
        _steps = Steps(cloud, scale);
        _format = FormatFor(cloud);
        _records.AddRange((like?.Records ?? []).Where(record => !record.IsExtraBytes));
        var extra = new List<PointAttribute>();
        var layout = LasLayout.Fields(_format);
        foreach (var attribute in cloud.Attributes)
        {
            var field = layout.Find(known => string.Equals(known.Name, attribute.Name, StringComparison.Ordinal));
            if (field.Name is not null && Fitting(attribute, field) is { } values)
            {
                _fields.Add((field, values));
            }
            else
            {
                extra.Add(attribute);
            }
        }
        _recordBytes = AddExtra(extra);
        var geoTiff = _records.Exists(record => record.Id == 34735);
        var wkt = _records.Exists(record => record.Id == 2112) || (_format >= 6 && !geoTiff);
        _encoding = ((like?.GlobalEncoding ?? 0) & ~WktBit) | (wkt ? WktBit : 0);
    }

    private int MinorVersion =>
        _format >= 6 ? 4
        : _format >= 4 ? 3
        : 2;

    private int HeaderBytes =>
        MinorVersion == 4 ? 375
        : MinorVersion == 3 ? 235
        : LasHeader.SmallestBytes;

    public void Write(Stream file)
    {
        WriteHeader(file);
        foreach (var record in _records)
        {
            WriteRecord(file, record);
        }
        var step = Math.Max(1, BytesPerStep / _recordBytes);
        for (var start = 0; start < _cloud.Count; start += step)
        {
            var points = Math.Min(step, _cloud.Count - start);
            var records = new byte[points * _recordBytes];
            for (var axis = 0; axis < 3; axis++)
            {
                Encode(records.AsSpan(axis * sizeof(int)), PointColumn.Over(_steps, 3, axis), start, points);
            }
            foreach (var (field, values) in _fields)
            {
                if (field.Bits > 0)
                {
                    EncodeBits(records, field, (byte[])values, start, points);
                    continue;
                }
                for (var component = 0; component < field.Components; component++)
                {
                    var to = records.AsSpan(field.Offset + component * NumberTypes.Size(field.Type));
                    Encode(to, PointColumn.Over(values, field.Components, component), start, points);
                }
            }
            file.Write(records);
        }
    }

    private static int[] Steps(PointCloud cloud, double scale)
    {
        var steps = new int[cloud.Positions.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            var step = Math.Round(cloud.Positions[i] / scale);
            if (!(Math.Abs(step) <= int.MaxValue))
            {
                throw new ArgumentException(
                    $"{"xyz"[i % 3]} of point {i / 3} is {cloud.Positions[i]}, "
                        + $"which is no whole number of steps of {scale} within 32 bits",
                    nameof(cloud)
                );
            }
            steps[i] = (int)step;
        }
        return steps;
    }

    private static int FormatFor(PointCloud cloud)
    {
        var extended =
            Array.Exists(LasLayout.ExtendedOnly, name => cloud.Find(name) is not null)
            || Above(PointAttribute.Label, LasLayout.MostLegacyClass)
            || Above("return_number", 7)
            || Above("number_of_returns", 7);
        return LasLayout.FormatFor(
            extended,
            Has(LasLayout.GpsTime),
            Has(PointAttribute.Color),
            Has(LasLayout.NearInfrared),
            Has(LasLayout.WavePacket)
        );

        bool Has(string name) => cloud.Find(name) is not null;

        bool Above(string name, double most) =>
            cloud.Find(name) is { Components: 1 } attribute && attribute.Values.ToDouble().Any(value => value > most);
    }

    // Converts the values to the type of the field; null if the field cannot hold them.
    private static Array? Fitting(PointAttribute attribute, LasField field)
    {
        if (attribute.Components != field.Components)
        {
            return null;
        }
        if (field.Name is PointAttribute.Color && attribute.Type == NumberType.UInt8)
        {
            return Array.ConvertAll(attribute.Values.As<byte>(), value => (ushort)(value * 257));
        }
        var values = attribute.Values.Values;
        if (field.Bits > 0)
        {
            var bytes = NumberTypes.ConvertExactly<byte>(values, out _);
            return bytes is null || Array.Exists(bytes, value => value >> field.Bits != 0) ? null : bytes;
        }
        return NumberTypes.ConvertExactly(values, field.Type);
    }

    // Adds the extra bytes and returns the number of bytes of a point.
    private int AddExtra(List<PointAttribute> extra)
    {
        var bytes = LasHeader.PointBytes[_format];
        if (extra.Count > 0)
        {
            _records.Add(LasExtraBytes.Write(extra));
        }
        foreach (var attribute in extra)
        {
            var field = new LasField(attribute.Name, attribute.Type, bytes, attribute.Components);
            _fields.Add((field, attribute.Values.Values));
            bytes += field.Bytes;
        }
        return bytes <= ushort.MaxValue
            ? bytes
            : throw new ArgumentException(
                $"a point would take {bytes} bytes, LAS has at most {ushort.MaxValue}",
                nameof(extra)
            );
    }

    private void WriteHeader(Stream file)
    {
        var bytes = new byte[HeaderBytes];
        "LASF"u8.CopyTo(bytes);
        Put(6, (ushort)_encoding);
        (bytes[24], bytes[25]) = (1, (byte)MinorVersion);
        "OTHER"u8.CopyTo(bytes.AsSpan(26));
        "TorchSharp.SparseConv"u8.CopyTo(bytes.AsSpan(58));
        Put(94, (ushort)HeaderBytes);
        Put(96, (uint)(HeaderBytes + _records.Sum(record => LasRecord.HeadBytes + record.Content.Length)));
        Put(100, (uint)_records.Count);
        bytes[104] = (byte)_format;
        Put(105, (ushort)_recordBytes);
        PutCounts();
        for (var axis = 0; axis < 3; axis++)
        {
            var (low, high) = LasHeader.Bounds(_steps, axis);
            Put(131 + 8 * axis, _scale);
            Put(155 + 8 * axis, _cloud.Origin[axis]);
            Put(179 + 16 * axis, high * _scale + _cloud.Origin[axis]);
            Put(187 + 16 * axis, low * _scale + _cloud.Origin[axis]);
        }
        file.Write(bytes);

        void Put<T>(int at, T value)
            where T : unmanaged => NumberBytes.Write(bytes.AsSpan(at), value, ByteOrder.LittleEndian);

        // Formats 6 to 10 have 64-bit counts only.
        void PutCounts()
        {
            var returns = _fields.Find(field => field.Field is { Name: "return_number", Bits: > 0 }).Values as byte[];
            var counts = new uint[16];
            foreach (var number in returns ?? [])
            {
                counts[number]++;
            }
            if (_format < 6)
            {
                Put(107, (uint)_cloud.Count);
            }
            else
            {
                Put(247, (ulong)_cloud.Count);
            }
            for (var number = 1; number <= (_format < 6 ? 5 : 15); number++)
            {
                if (_format < 6)
                {
                    Put(107 + 4 * number, counts[number]);
                }
                else
                {
                    Put(247 + 8 * number, (ulong)counts[number]);
                }
            }
        }
    }

    private static void WriteRecord(Stream file, LasRecord record)
    {
        var head = new byte[LasRecord.HeadBytes];
        Encoding.Latin1.GetBytes(record.User, head.AsSpan(2, 16));
        NumberBytes.Write(head.AsSpan(18), (ushort)record.Id, ByteOrder.LittleEndian);
        NumberBytes.Write(head.AsSpan(20), (ushort)record.Content.Length, ByteOrder.LittleEndian);
        Encoding.Latin1.GetBytes(record.Description, head.AsSpan(22, 32));
        file.Write(head);
        file.Write(record.Content.Span);
    }

    private void Encode(Span<byte> to, PointColumn column, int start, int points) =>
        column.Encode(to, _recordBytes, start, points, ByteOrder.LittleEndian);

    private void EncodeBits(byte[] records, LasField field, byte[] values, int start, int points)
    {
        for (var i = 0; i < points; i++)
        {
            records[i * _recordBytes + field.Offset] |= (byte)(values[start + i] << field.Shift);
        }
    }
}
