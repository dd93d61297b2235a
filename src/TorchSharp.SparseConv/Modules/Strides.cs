using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>The stride of a level below or above another, axis by axis.</summary>
internal static class Strides
{
    internal static PerAxis Multiply(PerAxis stride, PerAxis by) =>
        new([.. stride.Zip(by, (left, right) => checked(left * right))]);

    internal static PerAxis Divide(PerAxis stride, PerAxis by) =>
        new([
            .. stride.Zip(
                by,
                (left, right) =>
                    left % right == 0
                        ? left / right
                        : throw new InvalidOperationException(
                            $"stride {stride} is no multiple of {by}, so there is no level below it."
                        )
            ),
        ]);
}
