using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Tests.Golden;

/// <summary>A reader of .npy files of float32 and int32, in C or Fortran order.</summary>
internal static partial class Npy
{
    internal static torch.Tensor Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var wide = bytes[6] > 1;
        var length = wide ? BitConverter.ToInt32(bytes, 8) : BitConverter.ToUInt16(bytes, 8);
        var start = (wide ? 12 : 10) + length;
        var header = Encoding.ASCII.GetString(bytes, start - length, length);
        var shape = Shape()
            .Match(header)
            .Groups[1]
            .Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(size => long.Parse(size, CultureInfo.InvariantCulture))
            .ToArray();
        var fortran = header.Contains("'fortran_order': True", StringComparison.Ordinal);
        long[] stored = fortran ? [.. shape.Reverse()] : shape;
        var data = bytes.AsSpan(start);
        var tensor = header.Contains("'<i4'", StringComparison.Ordinal)
            ? torch.tensor(MemoryMarshal.Cast<byte, int>(data).ToArray(), stored, torch.ScalarType.Int32)
            : torch.tensor(MemoryMarshal.Cast<byte, float>(data).ToArray(), stored, torch.ScalarType.Float32);
        return fortran
            ? tensor.permute([.. Enumerable.Range(0, shape.Length).Reverse().Select(axis => (long)axis)]).contiguous()
            : tensor;
    }

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex Shape();
}
