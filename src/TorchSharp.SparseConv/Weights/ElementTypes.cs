namespace TorchSharp.SparseConv;

/// <summary>The element types of weights files.</summary>
internal static class ElementTypes
{
    /// <summary>The bytes of one element; throws InvalidDataException for a type that no file holds.</summary>
    internal static int Size(torch.ScalarType type) =>
        type switch
        {
            torch.ScalarType.Float64 or torch.ScalarType.Int64 => 8,
            torch.ScalarType.Float32 or torch.ScalarType.Int32 => 4,
            torch.ScalarType.Float16 or torch.ScalarType.BFloat16 or torch.ScalarType.Int16 => 2,
            torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Bool => 1,
            _ => throw new InvalidDataException($"its elements are {type}, which no weights file holds."),
        };

    /// <summary>
    /// The product of the sizes, or null where a size is negative or 64 bits of bytes cannot hold it.
    /// </summary>
    internal static long? Elements(ReadOnlySpan<long> shape, int elementSize)
    {
        var product = (Int128)elementSize;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                return null;
            }

            empty |= size == 0;
            product *= Math.Max(size, 1);
            if (product > long.MaxValue)
            {
                return null;
            }
        }

        return empty ? 0 : (long)(product / elementSize);
    }
}
