namespace TorchSharp.SparseConv.Data.Files;

// A property of a PLY element: a number of that type, or a list of them whose length is stored first.
internal readonly record struct PlyProperty(string Name, NumberType Type, NumberType? LengthType)
{
    // What it takes in a binary file, of a list at least.
    public int LeastBytes => NumberTypes.Size(LengthType ?? Type);
}
