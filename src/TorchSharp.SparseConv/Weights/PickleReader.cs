using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace TorchSharp.SparseConv;

/// <summary>
/// Reads a pickle as data: a stack machine that makes numbers, text, lists (List), tuples (arrays), dictionaries (lists
/// of pairs) and descriptions of tensors, and calls nothing. Any other object becomes a <see cref="PickledOpaque"/>,
/// which has a name and nothing else. What it makes is at most in proportion to the bytes that it reads.
/// </summary>
internal ref struct PickleReader
{
    private static readonly object Mark = new();
    private static readonly object[] Empty = [];

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly List<PickledStorage> _storages = [];
    private int _position;
    private int _pairs; // that dictionaries may still be made of

    private PickleReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _pairs = bytes.Length;
    }

    /// <summary>The object of a pickle; throws InvalidDataException with what was refused and where.</summary>
    internal static object? Read(ReadOnlySpan<byte> bytes) => new PickleReader(bytes).Run();

    /// <summary>
    /// The object of a pickle at the beginning of the bytes, which then begin behind it, and every storage that it
    /// refers to.
    /// </summary>
    internal static object? Read(ref ReadOnlySpan<byte> bytes, ICollection<PickledStorage> storages)
    {
        var reader = new PickleReader(bytes);
        var value = reader.Run();
        bytes = bytes[reader._position..];
        foreach (var storage in reader._storages)
        {
            storages.Add(storage);
        }

        return value;
    }

    private object? Run()
    {
        while (true)
        {
            var at = _position;
            var code = (char)Take(1)[0];
            if (code == '.')
            {
                return Pop();
            }

            try
            {
                if (!Literal(code) && !Container(code) && !Reference(code))
                {
                    throw new InvalidDataException($"its instruction 0x{(int)code:x2} is refused.");
                }
            }
            catch (InvalidDataException exception)
            {
                throw new InvalidDataException(
                    $"{exception.Message.TrimEnd('.')} (byte {at} of its pickle).",
                    exception
                );
            }
        }
    }

    private bool Literal(char code)
    {
        switch (code)
        {
            case '\x80':
                Take(1);
                return true;
            case '\x95':
                Take(8);
                return true;
            case 'N':
                return Push(null);
            case '\x88':
                return Push(true);
            case '\x89':
                return Push(false);
            case 'J':
                return Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
            case 'K':
                return Push((long)Take(1)[0]);
            case 'M':
                return Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
            case '\x8a':
                return Push(Long(Take(Take(1)[0])));
            case '\x8b':
                return Push(Long(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
            case 'I' or 'L' or 'F':
                return Push(Number(code, Line()));
            case 'S' or 'V':
                return Push(Line());
            case 'G':
                return Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
            case 'X' or 'T' or 'B':
                return Push(Text(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
            case '\x8c' or 'U' or 'C':
                return Push(Text(Take(Take(1)[0])));
            case '\x8d' or '\x8e' or '\x96':
                return Push(Text(Take(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))));
            default:
                return false;
        }
    }

    private bool Container(char code)
    {
        switch (code)
        {
            case '(':
                return Push(Mark);
            case ')':
                return Push(Empty);
            case ']' or '\x8f':
                return Push(new List<object?>());
            case 'l':
                return Push(new List<object?>(PopToMark()));
            case '\x91':
                return Push(PopToMark());
            case 'd':
                var pairs = PopToMark();
                Push(new List<KeyValuePair<object?, object?>>());
                return SetItems(pairs);
            case '}':
                return Push(new List<KeyValuePair<object?, object?>>());
            case 't':
                return Push(PopToMark());
            case '\x85':
                return Push(PopMany(1));
            case '\x86':
                return Push(PopMany(2));
            case '\x87':
                return Push(PopMany(3));
            case 'a':
                return Append(PopMany(1));
            case 'e' or '\x90':
                return Append(PopToMark());
            case 's':
                return SetItems(PopMany(2));
            case 'u':
                return SetItems(PopToMark());
            case '0':
                Pop();
                return true;
            case '1':
                PopToMark();
                return true;
            case '2':
                var top = Pop();
                Push(top);
                return Push(top);
            default:
                return false;
        }
    }

    private bool Reference(char code)
    {
        switch (code)
        {
            case 'p':
                return Remember(Key(Line()));
            case 'g':
                return Push(Recall(Key(Line())));
            case 'q':
                return Remember(Take(1)[0]);
            case 'r':
                return Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
            case '\x94':
                return Remember((uint)_memo.Count);
            case 'h':
                return Push(Recall(Take(1)[0]));
            case 'j':
                return Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
            case 'c':
                return Push(PickledGlobal.Find(Line(), Line()));
            case '\x93':
                var names = PopMany(2);
                return Push(PickledGlobal.Find(Pickled.Text(names[0]), Pickled.Text(names[1])));
            case 'Q':
                var storage = Pickled.Storage(Pop());
                _storages.Add(storage);
                return Push(storage);
            case 'R':
                var call = PopMany(2);
                return Push(Pickled.Call(call[0], call[1], ref _pairs));
            case '\x81':
                return Push(new PickledOpaque(Pickled.Name(PopMany(2)[0])));
            case '\x92':
                return Push(new PickledOpaque(Pickled.Name(PopMany(3)[0])));
            case 'i':
                var type = PickledGlobal.Find(Line(), Line());
                PopToMark();
                return Push(new PickledOpaque(type.Name));
            case 'o':
                return Push(new PickledOpaque(Pickled.Name(PopToMark().FirstOrDefault())));
            case 'b':
                // The attributes of an object, such as the _metadata of an OrderedDict: nothing that we need.
                return Push(PopMany(2)[0]);
            default:
                return false;
        }
    }

    private readonly bool Push(object? value)
    {
        _stack.Add(value);
        return true;
    }

    private readonly object? Pop() => PopMany(1)[0];

    private readonly object?[] PopMany(int count)
    {
        var start = _stack.Count - count;
        if (start < 0 || _stack.IndexOf(Mark, start) >= 0)
        {
            throw new InvalidDataException("its stack is empty.");
        }

        var values = _stack.GetRange(start, count).ToArray();
        _stack.RemoveRange(start, count);
        return values;
    }

    private readonly object?[] PopToMark()
    {
        var mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw new InvalidDataException("its stack has no mark.");
        }

        var values = PopMany(_stack.Count - mark - 1);
        _stack.RemoveAt(mark);
        return values;
    }

    private readonly bool Append(object?[] values)
    {
        var target = Pop();
        if (target is List<object?> list)
        {
            list.AddRange(values);
        }
        else if (target is not PickledOpaque)
        {
            throw new InvalidDataException("it appends to what is no list.");
        }

        return Push(target);
    }

    private readonly bool SetItems(object?[] values)
    {
        var target = Pop();
        if (target is PickledOpaque)
        {
            return Push(target);
        }

        var items = Pickled.RequireDictionary(target, "items");
        if (int.IsOddInteger(values.Length))
        {
            throw new InvalidDataException("it sets a key without a value.");
        }

        for (var i = 0; i < values.Length; i += 2)
        {
            items.Add(new(values[i], values[i + 1]));
        }

        return Push(target);
    }

    private readonly bool Remember(uint key)
    {
        var value = Pop();
        _memo[key] = value;
        return Push(value);
    }

    private readonly object? Recall(uint key) =>
        _memo.TryGetValue(key, out var value)
            ? value
            : throw new InvalidDataException($"it recalls {key}, which it never remembered.");

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position))
        {
            throw new InvalidDataException(
                $"it claims {count} bytes at byte {_position} of {_bytes.Length} of its pickle."
            );
        }

        var taken = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    private string Line()
    {
        var length = _bytes[_position..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw new InvalidDataException("a name does not end.");
        }

        var line = Text(Take((uint)length));
        Take(1);
        return line;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static uint Key(string line) =>
        uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            ? key
            : throw new InvalidDataException("it remembers under what is no number.");

    // A number of text; one that 64 bits cannot hold is nothing that a tensor needs.
    private static object Number(char code, string line) =>
        line switch
        {
            "00" => false,
            "01" when code == 'I' => true,
            _ when code == 'F' && double.TryParse(line, CultureInfo.InvariantCulture, out var number) => number,
            _ when code != 'F' && long.TryParse(line.TrimEnd('L'), CultureInfo.InvariantCulture, out var number) =>
                number,
            _ => new PickledOpaque("number"),
        };

    private static object Long(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            return new PickledOpaque("int");
        }

        var value = bytes.Length > 0 && (bytes[^1] & 0x80) != 0 ? -1L : 0L;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
