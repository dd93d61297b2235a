using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-5
            )
            {
                long[] shape = input.shape;
                if (training && shape.Length > 1 && shape.Where((_, axis) => axis != 1).All(size => size == 1))
                {
                    throw new ExternalException(
                        "Expected more than 1 value per channel when training, got input size "
                            + $"[{string.Join(", ", shape)}]"
                    );
                }

                return Aten.Call(
                    "batch_norm",
                    input,
                    weight,
                    bias,
                    running_mean,
                    running_var,
                    training,
                    momentum,
                    eps,
                    true
                );
            }

            public static Tensor instance_norm(
                Tensor input,
                Tensor? running_mean = null,
                Tensor? running_var = null,
                Tensor? weight = null,
                Tensor? bias = null,
                bool use_input_stats = true,
                double momentum = 0.1,
                double eps = 1e-5
            ) =>
                Aten.Call(
                    "instance_norm",
                    input,
                    weight,
                    bias,
                    running_mean,
                    running_var,
                    use_input_stats,
                    momentum,
                    eps,
                    true
                );

            public static Tensor layer_norm(
                Tensor input,
                long[] normalized_shape,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => Aten.Call("layer_norm", input, normalized_shape, weight, bias, eps, true);

            public static Tensor group_norm(
                Tensor input,
                long num_groups,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => Aten.Call("group_norm", input, num_groups, weight, bias, eps, true);

            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1, double eps = 1e-12)
            {
                using Tensor norm = Aten.Call("norm.ScalarOpt_dim", input, p, new[] { dim }, true);
                using Tensor safe = Aten.Call("clamp_min", norm, eps);
                return input / safe;
            }
        }
    }
}
