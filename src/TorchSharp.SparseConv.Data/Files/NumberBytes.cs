using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data.Files;

// Numbers as the bytes of a file.
internal static class NumberBytes
{
    public static ByteOrder MachineOrder => BitConverter.IsLittleEndian ? ByteOrder.LittleEndian : ByteOrder.BigEndian;

    // The memory of an array of numbers.
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

    // The bytes of whole numbers, from the file's order to the machine's or back.
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
