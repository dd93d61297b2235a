namespace TorchSharp.SparseConv.Data.Files;

// The vertices of a PLY file. Elements before them are passed over, what follows them is not read; lists of a vertex are
// passed over too, since a point has no room for them.
internal sealed class PlyReader : PointReader
{
    private readonly PlyEncoding _encoding;
    private readonly PlyElement _vertex;
    private readonly PointSchema _schema;

    private PlyReader(ByteReader file, PlyEncoding encoding, PlyElement vertex, PointSchema schema)
        : base(file)
    {
        _encoding = encoding;
        _vertex = vertex;
        _schema = schema;
        PointsLeft = vertex.Count;
    }

    private ByteOrder Order => _encoding == PlyEncoding.BinaryBigEndian ? ByteOrder.BigEndian : ByteOrder.LittleEndian;

    public static PlyReader Open(ByteReader file)
    {
        var header = PlyHeader.Read(file);
        var vertex =
            header.Elements.Find(element => string.Equals(element.Name, "vertex", StringComparison.Ordinal))
            ?? throw file.Error("has no element vertex, expected points");
        PointProperty[] numbers =
        [
            .. vertex
                .Properties.Where(property => property.LengthType is null)
                .Select(property => new PointProperty(property.Name, property.Type)),
        ];
        var reader = new PlyReader(
            file,
            header.Encoding,
            vertex,
            PointSchema.Create(numbers, problem => file.Error(problem))
        );
        foreach (var element in header.Elements.TakeWhile(element => element != vertex))
        {
            reader.Skip(element);
        }
        if (header.Encoding == PlyEncoding.Ascii)
        {
            LineReader.Require(file, vertex.Count, vertex.Properties.Count);
        }
        else
        {
            file.Require(vertex.Count, vertex.LeastBytes(header.Encoding), "points");
        }
        return reader;
    }

    protected override PointCloud ReadPoints(int count)
    {
        var block = _schema.NewBlock(count);
        if (_encoding == PlyEncoding.Ascii)
        {
            ReadLines(block.Columns, count);
        }
        else if (_vertex.HasLists)
        {
            ReadRows(block.Columns, count);
        }
        else
        {
            var offsets = new int[block.Columns.Length];
            for (var i = 1; i < offsets.Length; i++)
            {
                offsets[i] = offsets[i - 1] + _vertex.Properties[i - 1].LeastBytes;
            }
            var stride = (int)_vertex.LeastBytes(_encoding);
            PointRecords.Read(File, block.Columns, offsets, stride, count, Order);
        }
        return _schema.ToCloud(block);
    }

    private void ReadLines(PointColumn[] columns, int count)
    {
        if (!_vertex.HasLists)
        {
            LineReader.Read(File, columns, count);
            return;
        }
        for (var point = 0; point < count; point++)
        {
            var at = File.Offset;
            var line = LineReader.NextLine(File, $"a line for point {point} of {count}");
            var column = 0;
            foreach (var property in _vertex.Properties)
            {
                if (property.LengthType is not null)
                {
                    SkipListText(ref line, at);
                    continue;
                }
                LineReader.Parse(File, columns[column], LineReader.NextToken(ref line), point, column, at);
                column++;
            }
            LineReader.ExpectEnd(File, line, column, at);
        }
    }

    private void SkipListText(ref ReadOnlySpan<byte> line, long at)
    {
        var token = LineReader.NextToken(ref line);
        if (!NumberText.TryParse(token, out long length) || length < 0)
        {
            throw File.Error($"a list begins with \"{LineReader.Quote(token)}\", expected its length", at);
        }
        for (; length > 0; length--)
        {
            if (LineReader.NextToken(ref line).IsEmpty)
            {
                throw File.Error($"the line ends in a list, {length} numbers too early", at);
            }
        }
    }

    private void ReadRows(PointColumn[] columns, int count)
    {
        for (var point = 0; point < count; point++)
        {
            var column = 0;
            foreach (var property in _vertex.Properties)
            {
                if (property.LengthType is { } lengthType)
                {
                    SkipList(lengthType, property.Type);
                    continue;
                }
                columns[column++].Decode(File.Take(property.LeastBytes, "a point"), 0, point, 1, Order);
            }
        }
    }

    private void Skip(PlyElement element)
    {
        if (_encoding == PlyEncoding.Ascii)
        {
            for (var row = 0L; row < element.Count && element.Properties.Count > 0; row++)
            {
                _ = LineReader.NextLine(File, $"row {row} of {element.Count} of element {element.Name}");
            }
            return;
        }
        File.Require(element.Count, element.LeastBytes(_encoding), $"rows of element {element.Name}");
        if (!element.HasLists)
        {
            File.Skip(element.Count * element.LeastBytes(_encoding), $"element {element.Name}");
            return;
        }
        for (var row = 0L; row < element.Count; row++)
        {
            foreach (var property in element.Properties)
            {
                if (property.LengthType is { } lengthType)
                {
                    SkipList(lengthType, property.Type);
                }
                else
                {
                    File.Skip(property.LeastBytes, $"element {element.Name}");
                }
            }
        }
    }

    private void SkipList(NumberType lengthType, NumberType type)
    {
        var at = File.Offset;
        var bytes = File.Take(NumberTypes.Size(lengthType), "a list's length");
        long length = lengthType switch
        {
            NumberType.Int8 => NumberBytes.Read<sbyte>(bytes, Order),
            NumberType.UInt8 => bytes[0],
            NumberType.Int16 => NumberBytes.Read<short>(bytes, Order),
            NumberType.UInt16 => NumberBytes.Read<ushort>(bytes, Order),
            NumberType.Int32 => NumberBytes.Read<int>(bytes, Order),
            _ => NumberBytes.Read<uint>(bytes, Order),
        };
        if (length < 0)
        {
            throw File.Error($"a list has length {length}, must not be negative", at);
        }
        File.Skip(length * NumberTypes.Size(type), "a list");
    }
}
