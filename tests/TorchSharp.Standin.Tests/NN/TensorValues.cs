using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

/// <summary>Tensors from numbers, and numbers from tensors.</summary>
internal static class TensorValues
{
    internal static Tensor Doubles(long[] shape, params double[] values) =>
        tensor(values, dtype: ScalarType.Float64).reshape(shape);

    internal static double[] Values(this Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    /// <summary>0, step, 2 step, ...: different in every element.</summary>
    internal static Tensor Ramp(double step, params long[] shape)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        return Doubles(shape, [.. Enumerable.Range(0, (int)count).Select(i => i * step)]);
    }

    internal static void SetGrad(this Modules.Parameter parameter, params double[] values)
    {
        using Tensor grad = Doubles(parameter.shape, values).to(parameter.dtype);
        parameter.grad = grad;
    }

    internal static Modules.Parameter Parameter(params double[] values) =>
        nn.Parameter(Doubles([values.Length], values));
}
