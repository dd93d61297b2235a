using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales the gradients so that their common norm is at most max_norm; the norm that they had.</summary>
            public static double clip_grad_norm_(
                IEnumerable<Parameter> tensors,
                double max_norm,
                double norm_type = 2.0
            )
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable guard = no_grad();
                Tensor[] grads = Grads(tensors);
                if (grads.Length == 0)
                {
                    return 0.0;
                }

                Tensor norms = stack(grads.Select(grad => grad.norm((float)norm_type)).ToArray());
                double total = norms.norm((float)norm_type).to(ScalarType.Float64, CPU).item<double>();
                double scale = max_norm / (total + 1e-6);
                if (scale < 1)
                {
                    foreach (Tensor grad in grads)
                    {
                        grad.mul_(scale);
                    }
                }

                return total;
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable guard = no_grad();
                foreach (Tensor grad in Grads(tensors))
                {
                    grad.clamp_(-clip_value, clip_value);
                }
            }

            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using DisposeScope scope = NewDisposeScope();
                return cat(tensors.Select(tensor => tensor.reshape(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            /// <summary>Copies the vector's elements into the parameters, in order.</summary>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable guard = no_grad();
                long start = 0;
                foreach (Parameter tensor in tensors)
                {
                    tensor.copy_(vec.narrow(0, start, tensor.NumberOfElements).view_as(tensor));
                    start += tensor.NumberOfElements;
                }
            }

            private static Tensor[] Grads(IEnumerable<Parameter> tensors) =>
                [.. tensors.Select(tensor => tensor.grad).Where(grad => grad is not null).Select(grad => grad!)];
        }
    }
}
