namespace TorchSharp.SparseConv.Data;

// The compression LZF of Marc Lehmann: runs of literals, and copies from up to 8 KiB back.
internal static class Lzf
{
    private const int LongestLiteral = 32;
    private const int LongestCopy = 264;
    private const int FarthestCopy = 8192;
    private const int HashBits = 14;

    // The largest growth: three bytes make a copy of 264.
    public const int LargestRatio = LongestCopy / 3;

    // Fills the target and returns -1. If the input does not fill it exactly, returns the offset in the input where it
    // fails.
    public static int Decompress(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var (read, written) = (0, 0);
        while (read < from.Length)
        {
            var start = read;
            int control = from[read++];
            if (control < LongestLiteral)
            {
                var length = control + 1;
                if (length > from.Length - read || length > to.Length - written)
                {
                    return start;
                }
                from.Slice(read, length).CopyTo(to[written..]);
                (read, written) = (read + length, written + length);
                continue;
            }
            var copied = control >> 5;
            var needed = copied == 7 ? 2 : 1;
            if (needed > from.Length - read)
            {
                return start;
            }
            if (copied == 7)
            {
                copied += from[read++];
            }
            copied += 2;
            var source = written - (((control & 0x1f) << 8) | from[read++]) - 1;
            if (source < 0 || copied > to.Length - written)
            {
                return start;
            }
            // Copies byte by byte, because a copy may overlap its own output.
            for (var i = 0; i < copied; i++)
            {
                to[written++] = to[source++];
            }
        }
        return written == to.Length ? -1 : read;
    }

    public static byte[] Compress(ReadOnlySpan<byte> from)
    {
        var to = new byte[checked(from.Length + from.Length / LongestLiteral + 16)];
        var last = new int[1 << HashBits];
        Array.Fill(last, -1);
        var (read, written, literals) = (0, 0, 0);
        while (read < from.Length)
        {
            var match = read + 2 < from.Length ? Remember(last, from, read) : -1;
            if (match < 0 || read - match > FarthestCopy || !from.Slice(match, 3).SequenceEqual(from.Slice(read, 3)))
            {
                read++;
                literals++;
                continue;
            }
            written = Literals(from.Slice(read - literals, literals), to, written);
            literals = 0;
            var most = Math.Min(LongestCopy, from.Length - read);
            var length = 3 + from.Slice(match + 3, most - 3).CommonPrefixLength(from.Slice(read + 3, most - 3));
            var (distance, coded) = (read - match - 1, length - 2);
            to[written++] = (byte)((Math.Min(coded, 7) << 5) | (distance >> 8));
            if (coded >= 7)
            {
                to[written++] = (byte)(coded - 7);
            }
            to[written++] = (byte)(distance & 0xff);
            read += length;
        }
        written = Literals(from.Slice(read - literals, literals), to, written);
        return to[..written];
    }

    // Returns the last position with the same hash of three bytes, or -1, and stores the current one.
    private static int Remember(int[] last, ReadOnlySpan<byte> from, int at)
    {
        var bytes = (uint)(from[at] | (from[at + 1] << 8) | (from[at + 2] << 16));
        var slot = unchecked(bytes * 2654435761) >> (32 - HashBits);
        var match = last[slot];
        last[slot] = at;
        return match;
    }

    private static int Literals(ReadOnlySpan<byte> run, byte[] to, int written)
    {
        while (!run.IsEmpty)
        {
            var length = Math.Min(run.Length, LongestLiteral);
            to[written++] = (byte)(length - 1);
            run[..length].CopyTo(to.AsSpan(written));
            written += length;
            run = run[length..];
        }
        return written;
    }
}
