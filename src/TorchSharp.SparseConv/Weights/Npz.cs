using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv;

/// <summary>
/// NumPy's archive: a zip of one .npy for each name. Every entry is unpacked once when the file is opened, for what a
/// compressed one holds is known only then, and again when its tensor is read; how much that may be is checked first.
/// </summary>
internal sealed class NpzReader : StateReader
{
    private const string Ending = ".npy";

    // No deflate stream grows by more; weights do not grow by a hundred unless they are small.
    private const long MostGrowth = 1032;
    private const long UnlikelyGrowth = 100;
    private const long UnlikelyBytes = 1 << 28;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, NpzEntry> _entries = new(StringComparer.Ordinal);

    internal NpzReader(string path)
    {
        var stream = File.OpenRead(path);
        var current = "its directory";
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read);
            var left = UnlikelyBytes + (UnlikelyGrowth * stream.Length);
            foreach (var entry in _archive.Entries)
            {
                current = entry.FullName;
                left -= entry.Length;
                Add(entry, left);
            }
        }
        catch (Exception exception)
            when (exception
                    is InvalidDataException
                        or EndOfStreamException
                        or OverflowException
                        or NotSupportedException
            )
        {
            _archive?.Dispose();
            stream.Dispose();
            throw new InvalidDataException(
                $"'{path}' is no archive of NumPy's arrays: {current}: {exception.Message}",
                exception
            );
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [.. _entries.Select(entry => new StateEntry(entry.Key, entry.Value.Type, entry.Value.Shape))];

    internal override torch.Tensor Read(string name)
    {
        var (entry, type, shape, isFortran) = _entries[name];
        using var stream = entry.Open();
        NpyText.Read(stream);
        if (!isFortran || shape.Length < 2)
        {
            return TensorData.Read(stream, type, shape);
        }

        using var scope = torch.NewDisposeScope();
        return TensorData
            .Read(stream, type, [.. shape.Reverse()])
            .permute([.. Enumerable.Range(0, shape.Length).Reverse().Select(axis => (long)axis)])
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    public override void Dispose() => _archive.Dispose();

    internal override void ReadStart(string name, Span<byte> bytes)
    {
        using var stream = _entries[name].Entry.Open();
        NpyText.Read(stream);
        stream.ReadExactly(bytes);
    }

    private void Add(ZipArchiveEntry entry, long left)
    {
        if (!entry.FullName.EndsWith(Ending, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"it is no array, names must end in {Ending}.");
        }

        if (left < 0 || entry.Length / MostGrowth > entry.CompressedLength)
        {
            throw new InvalidDataException(
                $"it claims {entry.Length} bytes out of {entry.CompressedLength}, refused as a zip bomb."
            );
        }

        using var stream = entry.Open();
        var (type, shape, isFortran, header) = NpyText.Read(stream);
        var size = ElementTypes.Size(type);
        if (ElementTypes.Elements(shape, size) is not { } elements || elements * size != entry.Length - header)
        {
            throw new InvalidDataException(
                $"it has {entry.Length - header} bytes for {type} of shape {Shapes.Text(shape)}."
            );
        }

        TensorData.Skip(stream, elements * size);
        if (!_entries.TryAdd(entry.FullName[..^Ending.Length], new(entry, type, shape, isFortran)))
        {
            throw new InvalidDataException("it stands twice in the archive.");
        }
    }
}

/// <summary>One array of an .npz, not yet read.</summary>
internal readonly record struct NpzEntry(ZipArchiveEntry Entry, torch.ScalarType Type, long[] Shape, bool IsFortran);

/// <summary>Writes named tensors as NumPy's savez does.</summary>
internal static class NpzWriter
{
    internal static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var entries = tensors
            .Select(entry =>
                (entry.Key, entry.Value, Header: NpyText.Write(entry.Key, entry.Value.dtype, entry.Value.shape))
            )
            .ToList();
        var unfinished = path + ".part";
        using (var archive = new ZipArchive(File.Create(unfinished), ZipArchiveMode.Create))
        {
            foreach (var (name, tensor, header) in entries)
            {
                using var stream = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression).Open();
                stream.Write(header);
                TensorData.Write(stream, tensor);
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }
}

/// <summary>The header of an array of NumPy: magic, version, length, and a dictionary in Python's spelling.</summary>
internal static partial class NpyText
{
    private const int LongestHeader = 1 << 16;

    private static readonly (string Name, torch.ScalarType Type)[] Types =
    [
        ("f8", torch.ScalarType.Float64),
        ("f4", torch.ScalarType.Float32),
        ("f2", torch.ScalarType.Float16),
        ("i8", torch.ScalarType.Int64),
        ("i4", torch.ScalarType.Int32),
        ("i2", torch.ScalarType.Int16),
        ("i1", torch.ScalarType.Int8),
        ("u1", torch.ScalarType.Byte),
        ("b1", torch.ScalarType.Bool),
    ];

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    internal static byte[] Write(string name, torch.ScalarType type, long[] shape)
    {
        var known = Array.Find(Types, known => known.Type == type);
        if (known.Name is null)
        {
            throw new NotSupportedException(
                $"'{name}' is {type}; NumPy's arrays hold {string.Join(", ", Types.Select(entry => entry.Type))}."
            );
        }

        var mark = known.Name[1] == '1' ? '|' : '<';
        var sizes = shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
        var text = $"{{'descr': '{mark}{known.Name}', 'fortran_order': False, 'shape': {sizes}, }}";

        // The elements begin at a multiple of 64 bytes.
        var before = Magic.Length + 4;
        var length = ((before + text.Length + 1 + 63) / 64 * 64) - before;
        return
        [
            .. Magic,
            1,
            0,
            (byte)length,
            (byte)(length >> 8),
            .. Encoding.Latin1.GetBytes(text.PadRight(length - 1)),
            (byte)'\n',
        ];
    }

    /// <summary>What a header says and its length in bytes; throws InvalidDataException for another.</summary>
    internal static (torch.ScalarType Type, long[] Shape, bool IsFortran, long Bytes) Read(Stream stream)
    {
        Span<byte> start = stackalloc byte[12];
        stream.ReadExactly(start[..8]);
        if (!start.StartsWith(Magic) || start[6] is < 1 or > 3)
        {
            throw new InvalidDataException("it is no array of NumPy of version 1, 2 or 3.");
        }

        var width = start[6] == 1 ? 2 : 4;
        start[8..].Clear();
        stream.ReadExactly(start.Slice(8, width));
        var length = BitConverter.ToUInt32(start[8..]);
        if (length > LongestHeader)
        {
            throw new InvalidDataException($"its header claims {length} bytes, may have {LongestHeader}.");
        }

        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        var text = Encoding.Latin1.GetString(bytes);
        var match = Dictionary().Match(text);
        var type = Array.Find(
            Types,
            known => string.Equals(known.Name, match.Groups["type"].Value, StringComparison.Ordinal)
        );
        if (!match.Success || type.Name is null)
        {
            throw new InvalidDataException(
                $"its header is {text.Trim()}: only little-endian arrays of {string.Join(", ", Types.Select(known => known.Type))} are read."
            );
        }

        var shape = match
            .Groups["shape"]
            .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(size =>
                long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : throw new InvalidDataException($"a size of its shape is {size}, which is no size of an array.")
            )
            .ToArray();
        var isFortran = string.Equals(match.Groups["fortran"].Value, "True", StringComparison.Ordinal);
        return (type.Type, shape, isFortran, 8 + width + length);
    }

    [GeneratedRegex(
        @"^\{\s*'descr'\s*:\s*'[<|](?<type>[iufb][1248])'\s*,\s*'fortran_order'\s*:\s*(?<fortran>True|False)\s*,\s*'shape'\s*:\s*\((?<shape>[0-9,\s]{0,1000})\)\s*,?\s*\}\s*$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Dictionary();
}
