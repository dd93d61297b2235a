namespace TorchSharp.SparseConv.Data.Files;

// Numbers of one type in a row, as files of arrays hold them.
internal static class ArrayBytes
{
    private const int BytesPerStep = 1 << 20;

    // The number of values of that shape, if the file can have them.
    public static int Count(ByteReader file, ReadOnlySpan<long> shape, NumberType type)
    {
        var count = 1L;
        foreach (var size in shape)
        {
            if (size < 0 || size > int.MaxValue)
            {
                throw file.Error(
                    $"the shape is ({string.Join(", ", shape.ToArray())}), sizes must be from 0 to {int.MaxValue}"
                );
            }
            count =
                size == 0 ? 0
                : count > long.MaxValue / size ? long.MaxValue
                : count * size;
        }
        file.Require(count, NumberTypes.Size(type), "numbers");
        return count <= Array.MaxLength / NumberTypes.Size(type)
            ? (int)count
            : throw file.Error($"has {count} numbers of type {type}, an array holds at most {Array.MaxLength} bytes");
    }

    // Of a compressed file, memory is taken only as its content arrives: its end is not known before.
    public static Array Read(ByteReader file, NumberType type, int count, ByteOrder order)
    {
        var size = NumberTypes.Size(type);
        var pieces = new List<byte[]>();
        var left = count * size;
        if (!file.IsExact)
        {
            for (; left > 0; left -= pieces[^1].Length)
            {
                var piece = new byte[Math.Min(left, BytesPerStep)];
                file.ReadExactly(piece, "numbers");
                pieces.Add(piece);
            }
        }
        var values = NumberTypes.NewArray(type, count);
        var bytes = NumberBytes.AsBytes(values);
        if (file.IsExact)
        {
            file.ReadExactly(bytes, "numbers");
        }
        var to = bytes;
        foreach (var piece in pieces)
        {
            piece.CopyTo(to);
            to = to[piece.Length..];
        }
        NumberBytes.Reorder(bytes, size, order);
        return values;
    }

    public static void Write(Stream file, Array values, ByteOrder order)
    {
        var size = NumberTypes.Size(NumberTypes.Of(values.GetType().GetElementType()!)!.Value);
        var bytes = NumberBytes.AsBytes(values);
        var piece = new byte[Math.Min(bytes.Length, BytesPerStep)];
        for (var start = 0; start < bytes.Length; start += piece.Length)
        {
            var part = piece.AsSpan(0, Math.Min(piece.Length, bytes.Length - start));
            bytes.Slice(start, part.Length).CopyTo(part);
            NumberBytes.Reorder(part, size, order);
            file.Write(part);
        }
    }
}
