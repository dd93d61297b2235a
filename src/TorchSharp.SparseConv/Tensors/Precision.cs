namespace TorchSharp.SparseConv;

/// <summary>
/// The rule for 16-bit features where PyTorch computes: in float32, rounded once at the end; beside parameters of the
/// same type or float32.
/// </summary>
internal static class Precision
{
    internal static bool IsHalf(torch.ScalarType type) => type is torch.ScalarType.BFloat16 or torch.ScalarType.Float16;

    /// <summary>The type in which numbers of a type are added up.</summary>
    internal static torch.ScalarType Sums(torch.ScalarType type) => IsHalf(type) ? torch.ScalarType.Float32 : type;

    /// <summary>
    /// 16-bit numbers as float32, others as they are: the tensor itself, or a copy in the current scope.
    /// </summary>
    internal static torch.Tensor Widen(torch.Tensor tensor) => As(tensor, Sums(tensor.dtype));

    /// <summary>The tensor itself where it has the type, else a rounded copy in the current scope.</summary>
    internal static torch.Tensor As(torch.Tensor tensor, torch.ScalarType type) =>
        tensor.dtype == type ? tensor : tensor.to_type(type);

    /// <summary>
    /// Refuses parameters that are neither of the features' type nor float32 beside 16 bits, and those on another
    /// device.
    /// </summary>
    internal static void RequireParameter(torch.Tensor? parameter, SparseTensor input, string layer)
    {
        if (parameter is null)
        {
            return;
        }

        Devices.RequireSame(input.features, nameof(input), parameter, $"the weight of {layer}");
        var type = input.features.dtype;
        if (parameter.dtype == type)
        {
            return;
        }

        if (!IsHalf(type) || parameter.dtype != torch.ScalarType.Float32)
        {
            throw new ArgumentException(
                $"input is {type} and the weight of {layer} {parameter.dtype}, must be of one type, or 16-bit and Float32.",
                nameof(input)
            );
        }
    }
}
