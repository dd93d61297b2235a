using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp.SparseConv.Data;

/// <summary>The order of the bytes of a number in a file.</summary>
public enum ByteOrder
{
    /// <summary>The least significant byte comes first.</summary>
    LittleEndian,

    /// <summary>The most significant byte comes first.</summary>
    BigEndian,
}

// Converts numbers to the bytes of a file and back.
internal static class NumberBytes
{
    public static ByteOrder MachineOrder => BitConverter.IsLittleEndian ? ByteOrder.LittleEndian : ByteOrder.BigEndian;

    // Returns the memory of an array of numbers.
    public static Span<byte> AsBytes(Array values) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(values), Buffer.ByteLength(values));

    public static T Read<T>(ReadOnlySpan<byte> from, ByteOrder order)
        where T : unmanaged
    {
        var value = MemoryMarshal.Read<T>(from);
        return IsForeign(order) ? Reversed(value) : value;
    }

    public static void Write<T>(Span<byte> to, T value, ByteOrder order)
        where T : unmanaged
    {
        var stored = IsForeign(order) ? Reversed(value) : value;
        MemoryMarshal.Write(to, in stored);
    }

    // Converts whole numbers from the byte order of the file to that of the machine, or back.
    public static void Reorder(Span<byte> bytes, int size, ByteOrder order)
    {
        if (!IsForeign(order))
        {
            return;
        }
        switch (size)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            default:
                break;
        }
    }

    // Reads text from a field of fixed size, which ends at the first zero.
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private static bool IsForeign(ByteOrder order) => order != MachineOrder;

    private static T Reversed<T>(T value)
        where T : unmanaged =>
        Unsafe.SizeOf<T>() switch
        {
            2 => Unsafe.BitCast<ushort, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ushort>(value))),
            4 => Unsafe.BitCast<uint, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, uint>(value))),
            8 => Unsafe.BitCast<ulong, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ulong>(value))),
            _ => value,
        };
}

// Reads and writes arrays of numbers.
internal static class ArrayBytes
{
    private const int BytesPerStep = 1 << 20;

    // Returns the number of values of a shape, and throws if the file is too short for them.
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

    // The size of a compressed file is not known in advance. Therefore memory is allocated piece by piece, as the
    // content arrives.
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
