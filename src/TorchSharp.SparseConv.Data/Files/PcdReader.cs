namespace TorchSharp.SparseConv.Data;

internal sealed class PcdReader : PointReader
{
    private readonly PcdHeader _header;
    private readonly PointSchema _schema;
    private readonly int _stride;

    // The content of a compressed file, field after field.
    private byte[]? _content;
    private int _contentPoint;

    private PcdReader(ByteReader file, PcdHeader header)
        : base(file)
    {
        _header = header;
        _stride = header.Fields.Sum(field => field.Bytes);
        _schema = PointSchema.Create([.. Values.SelectMany(Properties)], problem => file.Error(problem));
        PointsLeft = header.Points;
    }

    private IEnumerable<PcdField> Values => _header.Fields.Where(given => !given.IsPadding);

    public static PcdReader Open(ByteReader file)
    {
        var reader = new PcdReader(file, PcdHeader.Read(file));
        if (reader._header.Encoding == PcdEncoding.Ascii)
        {
            LineReader.Require(file, reader.PointsLeft, reader._header.Fields.Sum(field => field.Count));
        }
        else if (reader._header.Encoding == PcdEncoding.Binary)
        {
            file.Require(reader.PointsLeft, reader._stride, "points");
        }
        else
        {
            reader.Inflate();
        }
        return reader;
    }

    // Turns packed colours into an ordinary attribute.
    private static PointCloud Unpack(PointCloud cloud)
    {
        foreach (var (name, components) in new[] { ("rgb", 3), ("rgba", 4) })
        {
            if (
                cloud.Find(name)
                    is { Components: 1, Type: NumberType.Float32 or NumberType.UInt32 or NumberType.Int32 } packed
                && cloud.Find(PointAttribute.Color) is null
            )
            {
                var color = new PointAttribute(
                    PointAttribute.Color,
                    PackedColor.Unpack(packed.Values, components),
                    components
                );
                return new PointCloud(
                    cloud.Positions,
                    cloud.Origin,
                    cloud.Attributes.Select(attribute => attribute == packed ? color : attribute)
                );
            }
        }
        return cloud;
    }

    protected override PointCloud ReadPoints(int count)
    {
        var block = _schema.NewBlock(count);
        switch (_header.Encoding)
        {
            case PcdEncoding.Ascii:
                LineReader.Read(File, [.. TextColumns(block.Columns)], count);
                break;
            case PcdEncoding.Binary:
                PointRecords.Read(File, block.Columns, Offsets(), _stride, count, ByteOrder.LittleEndian);
                break;
            default:
                ReadContent(block.Columns, count);
                break;
        }
        return Unpack(_schema.ToCloud(block));
    }

    private static IEnumerable<PointProperty> Properties(PcdField field)
    {
        var name = field.Name switch
        {
            "normal_x" => "nx",
            "normal_y" => "ny",
            "normal_z" => "nz",
            _ => field.Name,
        };
        return field.Count == 1
            ? [new PointProperty(name, field.Type)]
            : Enumerable.Range(0, field.Count).Select(i => new PointProperty($"{name}_{i}", field.Type));
    }

    // The offset of each number within a point.
    private int[] Offsets()
    {
        var offsets = new List<int>();
        var offset = 0;
        foreach (var field in _header.Fields)
        {
            if (!field.IsPadding)
            {
                offsets.AddRange(
                    Enumerable.Range(0, field.Count).Select(i => offset + i * NumberTypes.Size(field.Type))
                );
            }
            offset += field.Bytes;
        }
        return [.. offsets];
    }

    // The columns of a line of text, with null for padding.
    private IEnumerable<PointColumn?> TextColumns(PointColumn[] columns)
    {
        var column = 0;
        foreach (var field in _header.Fields)
        {
            for (var i = 0; i < field.Count; i++)
            {
                yield return field.IsPadding ? null : columns[column++];
            }
        }
    }

    // Decompresses the points. Compressed files hold no padding.
    private void Inflate()
    {
        var at = File.Offset;
        var sizes = File.Take(8, "the sizes of the compressed points");
        var compressed = NumberBytes.Read<uint>(sizes, ByteOrder.LittleEndian);
        var inflated = NumberBytes.Read<uint>(sizes[4..], ByteOrder.LittleEndian);
        var stride = Values.Sum(field => field.Bytes);
        if ((UInt128)(ulong)PointsLeft * (ulong)stride != inflated)
        {
            throw File.Error(
                $"the points are {inflated} bytes uncompressed, expected {PointsLeft} points of {stride} bytes",
                at
            );
        }
        File.Require(compressed, 1, "compressed bytes");
        if (
            inflated > (long)compressed * Lzf.LargestRatio
            || inflated > Array.MaxLength
            || compressed > Array.MaxLength
        )
        {
            throw File.Error(
                $"{compressed} compressed bytes cannot hold the {inflated} bytes of {PointsLeft} points",
                at
            );
        }
        var packed = new byte[compressed];
        File.ReadExactly(packed, "compressed points");
        var content = new byte[inflated];
        var wrong = Lzf.Decompress(packed, content);
        if (wrong >= 0)
        {
            throw File.Error($"the compressed points are damaged: they do not make {inflated} bytes", at + 8 + wrong);
        }
        _content = content;
    }

    private void ReadContent(PointColumn[] columns, int count)
    {
        var total = checked((int)(_contentPoint + PointsLeft));
        var (column, begin) = (0, 0);
        foreach (var field in Values)
        {
            for (var i = 0; i < field.Count; i++)
            {
                var first = begin + _contentPoint * field.Bytes + i * NumberTypes.Size(field.Type);
                columns[column++]
                    .Decode(
                        _content.AsSpan(Math.Min(first, _content!.Length)),
                        field.Bytes,
                        0,
                        count,
                        ByteOrder.LittleEndian
                    );
            }
            begin += total * field.Bytes;
        }
        _contentPoint += count;
    }
}
