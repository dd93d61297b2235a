using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace TorchSharp.SparseConv.Data.Files;

// The record that says what the bytes behind the fixed part of a point are: 192 bytes for each attribute.
internal static class LasExtraBytes
{
    private const int DescriptorBytes = 192;
    private const int ScaleBit = 8;
    private const int OffsetBit = 16;

    // The codes of the format, from 1 on.
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
                    $"the record of extra bytes has {record.Content.Length} bytes, must be a multiple of {DescriptorBytes}"
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
        var name = Name(LasHeader.Text(descriptor.Slice(4, 32)));
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

    // name_0, name_1, ... in a row and of one type are one attribute; of equal names the later ones get a number.
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
