namespace TorchSharp.SparseConv.Data.Files;

// A field of a PCD file: so many numbers of one type in each point.
internal readonly record struct PcdField(string Name, NumberType Type, int Count)
{
    // Room between fields, which holds nothing.
    public bool IsPadding => string.Equals(Name, "_", StringComparison.Ordinal);

    public int Bytes => NumberTypes.Size(Type) * Count;

    public char TypeLetter =>
        Type switch
        {
            NumberType.Float32 or NumberType.Float64 => 'F',
            NumberType.Int8 or NumberType.Int16 or NumberType.Int32 or NumberType.Int64 => 'I',
            _ => 'U',
        };

    public static NumberType? TypeOf(string letter, string size) =>
        (letter, size) switch
        {
            ("I", "1") => NumberType.Int8,
            ("I", "2") => NumberType.Int16,
            ("I", "4") => NumberType.Int32,
            ("I", "8") => NumberType.Int64,
            ("U", "1") => NumberType.UInt8,
            ("U", "2") => NumberType.UInt16,
            ("U", "4") => NumberType.UInt32,
            ("U", "8") => NumberType.UInt64,
            ("F", "4") => NumberType.Float32,
            ("F", "8") => NumberType.Float64,
            _ => null,
        };
}
