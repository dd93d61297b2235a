namespace TorchSharp.SparseConv.Data.Files;

// An attribute in the record of a point: whole numbers, or some bits of a byte.
internal readonly record struct LasField(
    string Name,
    NumberType Type,
    int Offset,
    int Components = 1,
    int Shift = 0,
    int Bits = 0
)
{
    // Of extra bytes: what turns the stored number into the meant one.
    public double[]? Scale { get; init; }

    public double[]? Shifts { get; init; }

    public int Bytes => NumberTypes.Size(Type) * Components;
}
