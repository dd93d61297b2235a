using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace TorchSharp.SparseConv.Data.Tests.Files;

// Files as broken disks, careless programs and attackers make them, out of valid ones; the same seed, the same file.
internal static class Mutation
{
    private static readonly long[] Extremes =
    [
        0,
        -1,
        1,
        127,
        128,
        255,
        256,
        32767,
        32768,
        65535,
        int.MaxValue,
        int.MinValue,
        uint.MaxValue,
        1_000_000_000_000,
        long.MaxValue,
        long.MinValue,
    ];

    private static readonly string[] Numbers =
    [
        "0",
        "-1",
        "00",
        "4294967296",
        "2147483647",
        "999999999999",
        "99999999999999999999999",
        "1e400",
        "nan",
        "-inf",
        "",
        "x",
    ];

    public static byte[] Apply(byte[] valid, int seed)
    {
        var random = new Random(seed);
        var bytes = valid.ToArray();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            bytes = Once(bytes, random);
        }
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }
        // Most of the harm is done at the front, where headers are.
        var at = random.Next(random.Next(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 512));
        switch (random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 3:
                var size = 1 << random.Next(4);
                Span<byte> value = stackalloc byte[8];
                var extreme = Extremes[random.Next(Extremes.Length)];
                if (random.Next(2) == 0)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(value, extreme);
                }
                else
                {
                    BinaryPrimitives.WriteInt64BigEndian(value, extreme);
                    value = value[(8 - size)..];
                }
                value[..Math.Min(size, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                return bytes;
            case 4:
                var length = Math.Min(random.Next(64), bytes.Length - at);
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                var again = Math.Min(random.Next(64), bytes.Length - at);
                return [.. bytes[..(at + again)], .. bytes[at..]];
            case 6:
                BinaryPrimitives.WriteDoubleLittleEndian(value = new byte[8], random.Next(2) == 0 ? double.NaN : 1e300);
                value[..Math.Min(8, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                return bytes;
            default:
                return WithOtherNumber(bytes, at, Numbers[random.Next(Numbers.Length)]);
        }
    }

    // Another number in place of the next one that is written out in digits.
    private static byte[] WithOtherNumber(byte[] bytes, int from, string number)
    {
        var start = bytes.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < 0)
        {
            return bytes;
        }
        start += from;
        var digits = bytes.AsSpan(start).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var end = digits < 0 ? bytes.Length : start + digits;
        return
        [
            .. bytes[..start],
            .. Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
            .. bytes[end..],
        ];
    }
}
