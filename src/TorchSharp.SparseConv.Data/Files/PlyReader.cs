using System.Text;

namespace TorchSharp.SparseConv.Data;

// Reads the vertices of a PLY file. Elements before the vertices are skipped, and elements after them are not read.
// Lists of a vertex are skipped, because an attribute has the same number of values for every point.
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

// The text at the beginning of a PLY file.
internal sealed class PlyHeader
{
    private const int LongestLine = 1 << 14;
    private const int LongestHeader = 1 << 20;

    private static readonly Dictionary<string, NumberType> Types = new(StringComparer.Ordinal)
    {
        ["char"] = NumberType.Int8,
        ["int8"] = NumberType.Int8,
        ["uchar"] = NumberType.UInt8,
        ["uint8"] = NumberType.UInt8,
        ["short"] = NumberType.Int16,
        ["int16"] = NumberType.Int16,
        ["ushort"] = NumberType.UInt16,
        ["uint16"] = NumberType.UInt16,
        ["int"] = NumberType.Int32,
        ["int32"] = NumberType.Int32,
        ["uint"] = NumberType.UInt32,
        ["uint32"] = NumberType.UInt32,
        ["float"] = NumberType.Float32,
        ["float32"] = NumberType.Float32,
        ["double"] = NumberType.Float64,
        ["float64"] = NumberType.Float64,
    };

    private PlyEncoding? _encoding;

    public PlyEncoding Encoding => _encoding!.Value;

    public List<PlyElement> Elements { get; } = [];

    public static PlyHeader Read(ByteReader file)
    {
        if (!file.TryReadLine(LongestLine, "the header", out var magic) || !magic.SequenceEqual("ply"u8))
        {
            throw file.Error("is no PLY file: expected a first line that says ply", 0);
        }
        var header = new PlyHeader();
        while (true)
        {
            var at = file.Offset;
            if (!file.TryReadLine(LongestLine, "the header", out var line))
            {
                throw file.Error("the file ends in its header, expected end_header");
            }
            if (file.Offset > LongestHeader)
            {
                throw file.Error($"the header is longer than {LongestHeader} bytes, expected end_header");
            }
            var words = System
                .Text.Encoding.Latin1.GetString(line)
                .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["end_header"])
            {
                return header._encoding is not null ? header : throw file.Error("the header has no line format", at);
            }
            if (!header.TryAccept(words))
            {
                throw file.Error($"the header says \"{LineReader.Quote(line)}\", which is no PLY", at);
            }
        }
    }

    public static void Write(Stream file, PlyEncoding encoding, int count, IReadOnlyList<PointProperty> properties)
    {
        var text = new StringBuilder("ply\nformat ");
        text.Append(
            encoding switch
            {
                PlyEncoding.Ascii => "ascii",
                PlyEncoding.BinaryLittleEndian => "binary_little_endian",
                _ => "binary_big_endian",
            }
        );
        text.Append(" 1.0\nelement vertex ").Append(count).Append('\n');
        foreach (var (name, type) in properties)
        {
            text.Append("property ").Append(NameOf(type)).Append(' ').Append(name).Append('\n');
        }
        file.Write(System.Text.Encoding.Latin1.GetBytes(text.Append("end_header\n").ToString()));
    }

    // Returns the oldest name of a type, which every program knows.
    private static string NameOf(NumberType type) => Types.First(known => known.Value == type).Key;

    private bool TryAccept(string[] words)
    {
        switch (words)
        {
            case [] or ["comment" or "obj_info", ..]:
                return true;
            case ["format", var encoding, "1.0"] when _encoding is null && Elements.Count == 0:
                _encoding = encoding switch
                {
                    "ascii" => PlyEncoding.Ascii,
                    "binary_little_endian" => PlyEncoding.BinaryLittleEndian,
                    "binary_big_endian" => PlyEncoding.BinaryBigEndian,
                    _ => null,
                };
                return _encoding is not null;
            case ["element", var name, var number] when long.TryParse(number, out var count) && count >= 0:
                if (Elements.Exists(other => string.Equals(other.Name, name, StringComparison.Ordinal)))
                {
                    return false;
                }
                Elements.Add(new PlyElement(name, count));
                return true;
            case ["property", "list", var length, var type, var name]:
                return Types.TryGetValue(length, out var lengthType)
                    && NumberTypes.IsInteger(lengthType)
                    && TryAdd(name, type, lengthType);
            case ["property", var type, var name]:
                return TryAdd(name, type, null);
            default:
                return false;
        }
    }

    private bool TryAdd(string name, string type, NumberType? lengthType)
    {
        if (Elements.Count == 0 || !Types.TryGetValue(type, out var number))
        {
            return false;
        }
        Elements[^1].Properties.Add(new PlyProperty(name, number, lengthType));
        return true;
    }
}

internal sealed class PlyElement(string name, long count)
{
    public string Name { get; } = name;

    public long Count { get; } = count;

    public List<PlyProperty> Properties { get; } = [];

    public bool HasLists => Properties.Exists(property => property.LengthType is not null);

    // The smallest number of bytes of a row. In text, each number takes at least a digit and a separator.
    public long LeastBytes(PlyEncoding encoding) =>
        encoding == PlyEncoding.Ascii ? 2L * Properties.Count : Properties.Sum(property => (long)property.LeastBytes);
}

// A property of a PLY element: a number, or a list of numbers with its length stored first.
internal readonly record struct PlyProperty(string Name, NumberType Type, NumberType? LengthType)
{
    // The smallest number of bytes in a binary file.
    public int LeastBytes => NumberTypes.Size(LengthType ?? Type);
}
