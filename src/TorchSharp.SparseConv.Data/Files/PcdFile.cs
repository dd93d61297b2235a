using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes PCL's point cloud data (.pcd) as text, binary, or binary compressed with LZF, with all fields.
/// </summary>
/// <remarks>
/// The fields x, y and z are the positions, which are NaN for pixels without a measurement
/// (<see cref="PointCloud.FinitePoints"/>). The fields rgb and rgba are the attribute "color", and normal_x, normal_y,
/// normal_z are "normal". A field with a count is one attribute with as many components. The grid of an organised cloud
/// (width, height) and the viewpoint are not kept.
/// </remarks>
public static class PcdFile
{
    /// <summary>Reads all points of a file.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed or ends too early.</exception>
    public static PointCloud Read(string path)
    {
        using var reader = Open(path);
        return reader.ReadAll();
    }

    /// <summary>Writes positions and every attribute. Positions are doubles if the cloud has an origin.</summary>
    /// <exception cref="ArgumentException">
    /// Two attributes would have one name, or the cloud is too large to compress (4 GB). No file is written then.
    /// </exception>
    public static void Write(string path, PointCloud cloud, PcdEncoding encoding = PcdEncoding.Binary)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        if (!Enum.IsDefined(encoding))
        {
            throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "is no encoding of PCD");
        }
        var packed = Pack(cloud);
        PointColumn[] columns = [.. PointSchema.Flatten(packed).Select(column => column.Column)];
        var fields = Fields(packed, columns[0].Type);
        var content = encoding == PcdEncoding.BinaryCompressed ? Content(columns, fields, cloud.Count) : [];
        using var file = OutputFile.Create(path);
        PcdHeader.Write(file, encoding, cloud.Count, fields);
        switch (encoding)
        {
            case PcdEncoding.Ascii:
                LineWriter.Write(file, columns, cloud.Count, (byte)' ');
                break;
            case PcdEncoding.Binary:
                PointRecords.Write(file, columns, cloud.Count, ByteOrder.LittleEndian);
                break;
            default:
                WriteCompressed(file, content);
                break;
        }
    }

    internal static PointReader Open(string path) => PointReader.Open(path, PcdReader.Open);

    private static PointCloud Pack(PointCloud cloud)
    {
        if (cloud.Find(PointAttribute.Color) is not { Type: NumberType.UInt8, Components: 3 or 4 } color)
        {
            return cloud;
        }
        var values = PackedColor.Pack(color.Values.As<byte>(), color.Components);
        var packed = new PointAttribute(color.Components == 3 ? "rgb" : "rgba", values);
        return new PointCloud(
            cloud.Positions,
            cloud.Origin,
            cloud.Attributes.Select(attribute => attribute == color ? packed : attribute)
        );
    }

    private static List<PcdField> Fields(PointCloud cloud, NumberType positions)
    {
        var fields = new List<PcdField> { new("x", positions, 1), new("y", positions, 1), new("z", positions, 1) };
        foreach (var attribute in cloud.Attributes)
        {
            string[] names = attribute switch
            {
                { Name: PointAttribute.Normal, Components: 3 } => ["normal_x", "normal_y", "normal_z"],
                { Name: PointAttribute.Color, Components: 3 } => ["red", "green", "blue"],
                { Name: PointAttribute.Color, Components: 4 } => ["red", "green", "blue", "alpha"],
                _ => [attribute.Name],
            };
            var count = attribute.Components / names.Length;
            fields.AddRange(names.Select(name => new PcdField(name, attribute.Type, count)));
        }
        return fields;
    }

    // Returns all points, field after field.
    private static byte[] Content(PointColumn[] columns, List<PcdField> fields, int points)
    {
        var bytes = fields.Sum(field => (long)field.Bytes) * points;
        if (bytes > Array.MaxLength / 2)
        {
            throw new ArgumentException(
                $"the points are {bytes} bytes, too many to compress; write them as Binary",
                nameof(points)
            );
        }
        var content = new byte[bytes];
        var (column, begin) = (0, 0);
        foreach (var field in fields)
        {
            for (var i = 0; i < field.Count; i++)
            {
                var first = begin + i * NumberTypes.Size(field.Type);
                columns[column++]
                    .Encode(
                        content.AsSpan(Math.Min(first, content.Length)),
                        field.Bytes,
                        0,
                        points,
                        ByteOrder.LittleEndian
                    );
            }
            begin += points * field.Bytes;
        }
        return content;
    }

    private static void WriteCompressed(FileStream file, byte[] content)
    {
        var compressed = Lzf.Compress(content);
        Span<byte> sizes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(sizes, (uint)compressed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(sizes[4..], (uint)content.Length);
        file.Write(sizes);
        file.Write(compressed);
    }
}

/// <summary>The encoding of the numbers of a PCD file.</summary>
public enum PcdEncoding
{
    /// <summary>Text with one line for each point.</summary>
    Ascii,

    /// <summary>Bytes, point after point.</summary>
    Binary,

    /// <summary>Bytes, field after field, compressed with LZF.</summary>
    BinaryCompressed,
}

// Packs and unpacks the colours of PCL: four bytes in one number, with alpha highest and blue lowest, which is often
// stored as a float.
internal static class PackedColor
{
    public static byte[] Unpack(NumberArray packed, int components)
    {
        var bits = packed.Type switch
        {
            NumberType.Float32 => MemoryMarshal.Cast<float, uint>(packed.As<float>()),
            NumberType.Int32 => MemoryMarshal.Cast<int, uint>(packed.As<int>()),
            _ => packed.As<uint>(),
        };
        var colors = new byte[checked(components * bits.Length)];
        for (var i = 0; i < bits.Length; i++)
        {
            for (var channel = 0; channel < components; channel++)
            {
                colors[components * i + channel] = (byte)((bits[i] >> Shift(channel)) & 0xff);
            }
        }
        return colors;
    }

    // PCL stores three channels as a float and four as an integer, which tells rgb from rgba.
    public static Array Pack(byte[] colors, int components)
    {
        var bits = new uint[colors.Length / components];
        for (var i = 0; i < bits.Length; i++)
        {
            for (var channel = 0; channel < components; channel++)
            {
                bits[i] |= (uint)colors[components * i + channel] << Shift(channel);
            }
        }
        return components == 4 ? bits : MemoryMarshal.Cast<uint, float>(bits).ToArray();
    }

    private static int Shift(int channel) => channel == 3 ? 24 : 16 - 8 * channel;
}
