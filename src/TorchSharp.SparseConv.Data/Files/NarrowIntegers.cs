namespace TorchSharp.SparseConv.Data.Files;

// 64-bit integers for formats that have none: as 32 bits where all fit, else as doubles where those are exact.
internal static class NarrowIntegers
{
    public static PointCloud Of(PointCloud cloud)
    {
        foreach (var attribute in cloud.Attributes)
        {
            if (attribute.Type is NumberType.Int64 or NumberType.UInt64)
            {
                cloud = cloud.With(new PointAttribute(attribute.Name, Narrow(attribute), attribute.Components));
            }
        }
        return cloud;
    }

    private static Array Narrow(PointAttribute attribute)
    {
        var values = attribute.Values.Values;
        return NumberTypes.ConvertExactly<int>(values, out _)
            ?? NumberTypes.ConvertExactly<uint>(values, out _)
            ?? (Array?)NumberTypes.ConvertExactly<double>(values, out var misfit)
            ?? throw new ArgumentException(
                $"{attribute.Name} has {values.GetValue(misfit)}, which this format cannot hold: it has no 64-bit integers",
                nameof(attribute)
            );
    }
}
