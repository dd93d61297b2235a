namespace TorchSharp.SparseConv.Data.Files;

// The types of a text file's columns. Columns that make one attribute share the type that holds them all.
internal static class TextTypes
{
    // Integers up to here are exact as 32-bit floats.
    private const long LargestExact = 1 << 24;

    private static readonly string[] Colors = ["red", "green", "blue", "alpha"];

    public static NumberType[] Of(TextColumn[] columns)
    {
        var types = Array.ConvertAll(columns, column => column.Type());
        foreach (
            var family in Enumerable
                .Range(0, columns.Length)
                .GroupBy(i => Family(columns[i].Name), StringComparer.Ordinal)
        )
        {
            var members = family.ToArray();
            var shared = Shared(family.Key, members, columns, types);
            Array.ForEach(members, i => types[i] = shared);
        }
        return types;
    }

    private static string Family(string name)
    {
        if (name is "x" or "y" or "z")
        {
            return "\0position";
        }
        if (name is "nx" or "ny" or "nz")
        {
            return "\0normal";
        }
        if (Colors.Contains(name, StringComparer.Ordinal))
        {
            return "\0color";
        }
        var stem = name.TrimEnd(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        return stem.Length < name.Length && stem.EndsWith('_') ? stem : name;
    }

    private static NumberType Shared(string family, int[] members, TextColumn[] columns, NumberType[] types)
    {
        if (string.Equals(family, "\0color", StringComparison.Ordinal))
        {
            if (AllWithin(byte.MaxValue, 0))
            {
                return NumberType.UInt8;
            }
            if (AllWithin(ushort.MaxValue, 0))
            {
                return NumberType.UInt16;
            }
        }
        var isReal =
            Has(NumberType.Float32)
            || Has(NumberType.Float64)
            || string.Equals(family, "\0position", StringComparison.Ordinal);
        if (!isReal)
        {
            return Has(NumberType.Int64) ? NumberType.Int64 : NumberType.Int32;
        }
        var isSingle = Array.TrueForAll(
            members,
            i => types[i] == NumberType.Float32 || columns[i].IsWithin(-LargestExact, LargestExact)
        );
        return isSingle ? NumberType.Float32 : NumberType.Float64;

        bool Has(NumberType type) => Array.Exists(members, i => types[i] == type);

        bool AllWithin(long high, long low) => Array.TrueForAll(members, i => columns[i].IsWithin(low, high));
    }
}
