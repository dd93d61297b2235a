namespace TorchSharp.Utils;

/// <summary>Non-negative integers in 7-bit groups, the lowest first: the integers of TorchSharp's file formats.</summary>
internal static class LEB128Codec
{
    private const int GroupBits = 7;
    private const byte More = 0x80;

    internal static void Encode(this BinaryWriter writer, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        for (; value >= More; value >>= GroupBits)
        {
            writer.Write((byte)((byte)(value & (More - 1)) | More));
        }
        writer.Write((byte)value);
    }

    internal static long Decode(this BinaryReader reader)
    {
        var result = 0L;
        for (var shift = 0; shift < sizeof(long) * 8; shift += GroupBits)
        {
            var group = reader.ReadByte();
            result |= (long)(group & (More - 1)) << shift;
            if ((group & More) == 0)
            {
                return result;
            }
        }
        throw new FormatException("An integer in the file is longer than 64 bits.");
    }
}
