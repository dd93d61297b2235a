using System.Globalization;
using System.Numerics;

namespace TorchSharp.SparseConv.Data.Files;

// Numbers as the text of a file, with C's spelling of what is not finite.
internal static class NumberText
{
    public static bool TryParse<T>(ReadOnlySpan<byte> text, out T value)
        where T : unmanaged, INumber<T>
    {
        if (NumberTypes.IsInteger(NumberTypes.Of<T>()))
        {
            return T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }
        const NumberStyles Real =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return T.TryParse(text, Real, CultureInfo.InvariantCulture, out value) || TryParseSpecial(text, out value);
    }

    public static int Format<T>(Span<byte> to, T value)
        where T : unmanaged, INumber<T>
    {
        if (T.IsFinite(value))
        {
            return value.TryFormat(to, out var written, default, CultureInfo.InvariantCulture)
                ? written
                : throw new ArgumentException($"has {to.Length} bytes, too few for {value}", nameof(to));
        }
        var text =
            T.IsNaN(value) ? "nan"u8
            : T.IsNegative(value) ? "-inf"u8
            : "inf"u8;
        text.CopyTo(to);
        return text.Length;
    }

    private static bool TryParseSpecial<T>(ReadOnlySpan<byte> text, out T value)
        where T : unmanaged, INumber<T>
    {
        var negative = text.StartsWith("-"u8);
        Span<byte> word = stackalloc byte[8];
        var bare = negative || text.StartsWith("+"u8) ? text[1..] : text;
        if (
            bare.Length > word.Length
            || System.Text.Ascii.ToLower(bare, word, out var length) != System.Buffers.OperationStatus.Done
        )
        {
            value = default;
            return false;
        }
        word = word[..length];
        var infinite = word.SequenceEqual("inf"u8) || word.SequenceEqual("infinity"u8);
        value = T.CreateSaturating(
            infinite ? (negative ? double.NegativeInfinity : double.PositiveInfinity) : double.NaN
        );
        return infinite || word.SequenceEqual("nan"u8) || word.SequenceEqual("nan(ind)"u8);
    }
}
