using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Call("abs", this);

        public Tensor abs_() => Aten.Call("abs_", this);

        public Tensor acos() => Aten.Call("acos", this);

        public Tensor acos_() => Aten.Call("acos_", this);

        public Tensor acosh() => Aten.Call("acosh", this);

        public Tensor acosh_() => Aten.Call("acosh_", this);

        public Tensor asin() => Aten.Call("asin", this);

        public Tensor asin_() => Aten.Call("asin_", this);

        public Tensor asinh() => Aten.Call("asinh", this);

        public Tensor asinh_() => Aten.Call("asinh_", this);

        public Tensor atan() => Aten.Call("atan", this);

        public Tensor atan_() => Aten.Call("atan_", this);

        public Tensor atanh() => Aten.Call("atanh", this);

        public Tensor atanh_() => Aten.Call("atanh_", this);

        public Tensor ceil() => Aten.Call("ceil", this);

        public Tensor ceil_() => Aten.Call("ceil_", this);

        public Tensor cos() => Aten.Call("cos", this);

        public Tensor cos_() => Aten.Call("cos_", this);

        public Tensor cosh() => Aten.Call("cosh", this);

        public Tensor cosh_() => Aten.Call("cosh_", this);

        public Tensor erf() => Aten.Call("erf", this);

        public Tensor erf_() => Aten.Call("erf_", this);

        public Tensor erfc() => Aten.Call("erfc", this);

        public Tensor erfc_() => Aten.Call("erfc_", this);

        public Tensor erfinv() => Aten.Call("erfinv", this);

        public Tensor erfinv_() => Aten.Call("erfinv_", this);

        public Tensor exp() => Aten.Call("exp", this);

        public Tensor exp_() => Aten.Call("exp_", this);

        public Tensor exp2() => Aten.Call("exp2", this);

        public Tensor exp2_() => Aten.Call("exp2_", this);

        public Tensor expm1() => Aten.Call("expm1", this);

        public Tensor expm1_() => Aten.Call("expm1_", this);

        public Tensor floor() => Aten.Call("floor", this);

        public Tensor floor_() => Aten.Call("floor_", this);

        public Tensor frac() => Aten.Call("frac", this);

        public Tensor frac_() => Aten.Call("frac_", this);

        public Tensor lgamma() => Aten.Call("lgamma", this);

        public Tensor lgamma_() => Aten.Call("lgamma_", this);

        public Tensor log() => Aten.Call("log", this);

        public Tensor log_() => Aten.Call("log_", this);

        public Tensor log10() => Aten.Call("log10", this);

        public Tensor log10_() => Aten.Call("log10_", this);

        public Tensor log1p() => Aten.Call("log1p", this);

        public Tensor log1p_() => Aten.Call("log1p_", this);

        public Tensor log2() => Aten.Call("log2", this);

        public Tensor log2_() => Aten.Call("log2_", this);

        public Tensor neg() => Aten.Call("neg", this);

        public Tensor neg_() => Aten.Call("neg_", this);

        public Tensor reciprocal() => Aten.Call("reciprocal", this);

        public Tensor reciprocal_() => Aten.Call("reciprocal_", this);

        public Tensor rsqrt() => Aten.Call("rsqrt", this);

        public Tensor rsqrt_() => Aten.Call("rsqrt_", this);

        public Tensor sigmoid() => Aten.Call("sigmoid", this);

        public Tensor sigmoid_() => Aten.Call("sigmoid_", this);

        public Tensor sign() => Aten.Call("sign", this);

        public Tensor sign_() => Aten.Call("sign_", this);

        public Tensor sgn() => Aten.Call("sgn", this);

        public Tensor sgn_() => Aten.Call("sgn_", this);

        public Tensor sin() => Aten.Call("sin", this);

        public Tensor sin_() => Aten.Call("sin_", this);

        public Tensor sinh() => Aten.Call("sinh", this);

        public Tensor sinh_() => Aten.Call("sinh_", this);

        public Tensor sqrt() => Aten.Call("sqrt", this);

        public Tensor sqrt_() => Aten.Call("sqrt_", this);

        public Tensor tan() => Aten.Call("tan", this);

        public Tensor tan_() => Aten.Call("tan_", this);

        public Tensor tanh() => Aten.Call("tanh", this);

        public Tensor tanh_() => Aten.Call("tanh_", this);

        public Tensor trunc() => Aten.Call("trunc", this);

        public Tensor trunc_() => Aten.Call("trunc_", this);

        public Tensor deg2rad() => Aten.Call("deg2rad", this);

        public Tensor rad2deg() => Aten.Call("rad2deg", this);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Call("clamp", this, min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.Call("clamp.Tensor", this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.Call("clamp_", this, min, max);

        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Aten.Call("clamp_.Tensor", this, min, max);

        public Tensor clamp_min(Scalar min) => Aten.Call("clamp_min", this, min);

        public Tensor clamp_min_(Scalar min) => Aten.Call("clamp_min_", this, min);

        public Tensor clamp_max(Scalar max) => Aten.Call("clamp_max", this, max);

        public Tensor clamp_max_(Scalar max) => Aten.Call("clamp_max_", this, max);

        public Tensor clip(Scalar? min = null, Scalar? max = null) => Aten.Call("clip", this, min, max);

        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) =>
            Aten.Call("nan_to_num", this, nan, posinf, neginf);

        public Tensor nan_to_num_(double nan = 0, double? posinf = null, double? neginf = null) =>
            Aten.Call("nan_to_num_", this, nan, posinf, neginf);

        public Tensor isnan() => Aten.Call("isnan", this);

        public Tensor isinf() => Aten.Call("isinf", this);

        public Tensor isfinite() => Aten.Call("isfinite", this);

        public Tensor isposinf() => Aten.Call("isposinf", this);

        public Tensor isneginf() => Aten.Call("isneginf", this);

        public Tensor signbit() => Aten.Call("signbit", this);

        public Tensor heaviside(Tensor other) => Aten.Call("heaviside", this, other);

        public Tensor digamma() => Aten.Call("digamma", this);

        public Tensor logit(double? eps = null) => Aten.Call("logit", this, eps);
    }
}
