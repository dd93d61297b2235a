namespace TorchSharp.SparseConv.Tests;

/// <summary>The element types that weight files hold, and tensors of each in all kinds of shapes.</summary>
internal static class EveryType
{
    internal static readonly torch.ScalarType[] All =
    [
        torch.ScalarType.Float32,
        torch.ScalarType.Float64,
        torch.ScalarType.Float16,
        torch.ScalarType.BFloat16,
        torch.ScalarType.Int64,
        torch.ScalarType.Int32,
        torch.ScalarType.Int16,
        torch.ScalarType.Int8,
        torch.ScalarType.Byte,
        torch.ScalarType.Bool,
    ];

    /// <summary>A matrix, its transposed view, a scalar and an empty one, of zeros and ones, which every type holds.</summary>
    internal static Dictionary<string, torch.Tensor> Shapes(torch.ScalarType type) =>
        new(StringComparer.Ordinal)
        {
            ["matrix"] = torch.tensor(new[] { 0.0, 1, 1, 0, 1, 1 }, [2, 3]).to_type(type),
            ["strided"] = torch.tensor(new[] { 0.0, 1, 1, 0, 1, 1 }, [2, 3]).to_type(type).transpose(0, 1),
            ["scalar"] = torch.tensor(1.0).to_type(type),
            ["empty"] = torch.zeros(new long[] { 0, 4 }, type),
        };
}
