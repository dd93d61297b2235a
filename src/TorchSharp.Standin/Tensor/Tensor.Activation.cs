using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor relu() => Aten.Call("relu", this);

        public Tensor relu_() => Aten.Call("relu_", this);

        public Tensor relu6() => Aten.Call("relu6", this);

        public Tensor relu6_() => Aten.Call("relu6_", this);

        public Tensor silu() => Aten.Call("silu", this);

        public Tensor silu_() => Aten.Call("silu_", this);

        public Tensor hardsigmoid() => Aten.Call("hardsigmoid", this);

        public Tensor hardsigmoid_() => Aten.Call("hardsigmoid_", this);

        public Tensor hardswish() => Aten.Call("hardswish", this);

        public Tensor hardswish_() => Aten.Call("hardswish_", this);

        public Tensor selu() => Aten.Call("selu", this);

        public Tensor selu_() => Aten.Call("selu_", this);

        public Tensor leaky_relu(Scalar negative_slope) => Aten.Call("leaky_relu", this, negative_slope);

        public Tensor leaky_relu_(Scalar negative_slope) => Aten.Call("leaky_relu_", this, negative_slope);

        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) =>
            Aten.Call("elu", this, alpha, scale, input_scale);

        public Tensor elu(double alpha = 1) => Aten.Call("elu", this, alpha);

        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) =>
            Aten.Call("elu_", this, alpha, scale, input_scale);

        public Tensor elu_(double alpha = 1) => Aten.Call("elu_", this, alpha);

        public Tensor gelu() => Aten.Call("gelu", this);

        public Tensor gelu_() => Aten.Call("gelu_", this);

        public Tensor celu() => Aten.Call("celu", this);

        public Tensor celu(Scalar alpha) => Aten.Call("celu", this, alpha);

        public Tensor celu_() => Aten.Call("celu_", this);

        public Tensor celu_(Scalar alpha) => Aten.Call("celu_", this, alpha);

        public Tensor hardtanh(Scalar min, Scalar max) => Aten.Call("hardtanh", this, min, max);

        public Tensor hardtanh_(Scalar min, Scalar max) => Aten.Call("hardtanh_", this, min, max);

        public Tensor threshold(Scalar threshold, Scalar value) => Aten.Call("threshold", this, threshold, value);

        public Tensor threshold_(Scalar threshold, Scalar value) => Aten.Call("threshold_", this, threshold, value);

        public Tensor log_sigmoid() => Aten.Call("log_sigmoid", this);

        public Tensor softplus(double beta = 1, double threshold = 20) => Aten.Call("softplus", this, beta, threshold);

        public Tensor prelu(Tensor target) => Aten.Call("prelu", this, target);

        public Tensor glu(long dim = -1) => Aten.Call("glu", this, dim);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.Call("softmax.int", this, dim, dtype);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.Call("log_softmax.int", this, dim, dtype);
    }
}
