using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Scalar target) => Aten.Call("eq.Scalar", this, target);

        public Tensor eq(Tensor target) => Aten.Call("eq.Tensor", this, target);

        public Tensor eq_(Scalar target) => Aten.Call("eq_.Scalar", this, target);

        public Tensor eq_(Tensor target) => Aten.Call("eq_.Tensor", this, target);

        public Tensor ne(Scalar target) => Aten.Call("ne.Scalar", this, target);

        public Tensor ne(Tensor target) => Aten.Call("ne.Tensor", this, target);

        public Tensor ne_(Scalar target) => Aten.Call("ne_.Scalar", this, target);

        public Tensor ne_(Tensor target) => Aten.Call("ne_.Tensor", this, target);

        public Tensor lt(Scalar target) => Aten.Call("lt.Scalar", this, target);

        public Tensor lt(Tensor target) => Aten.Call("lt.Tensor", this, target);

        public Tensor lt_(Scalar target) => Aten.Call("lt_.Scalar", this, target);

        public Tensor lt_(Tensor target) => Aten.Call("lt_.Tensor", this, target);

        public Tensor le(Scalar target) => Aten.Call("le.Scalar", this, target);

        public Tensor le(Tensor target) => Aten.Call("le.Tensor", this, target);

        public Tensor le_(Scalar target) => Aten.Call("le_.Scalar", this, target);

        public Tensor le_(Tensor target) => Aten.Call("le_.Tensor", this, target);

        public Tensor gt(Scalar target) => Aten.Call("gt.Scalar", this, target);

        public Tensor gt(Tensor target) => Aten.Call("gt.Tensor", this, target);

        public Tensor gt_(Scalar target) => Aten.Call("gt_.Scalar", this, target);

        public Tensor gt_(Tensor target) => Aten.Call("gt_.Tensor", this, target);

        public Tensor ge(Scalar target) => Aten.Call("ge.Scalar", this, target);

        public Tensor ge(Tensor target) => Aten.Call("ge.Tensor", this, target);

        public Tensor ge_(Scalar target) => Aten.Call("ge_.Scalar", this, target);

        public Tensor ge_(Tensor target) => Aten.Call("ge_.Tensor", this, target);

        public Tensor greater(Tensor target) => Aten.Call("greater.Tensor", this, target);

        public Tensor greater_equal(Tensor target) => Aten.Call("greater_equal.Tensor", this, target);

        public Tensor less(Tensor target) => Aten.Call("less.Tensor", this, target);

        public Tensor less_equal(Tensor target) => Aten.Call("less_equal.Tensor", this, target);

        public Tensor not_equal(Tensor target) => Aten.Call("not_equal.Tensor", this, target);

        public Tensor equal(Tensor target) => eq(target);

        public bool allclose(Tensor target, double rtol = 1E-05, double atol = 1E-08, bool equal_nan = false) =>
            Aten.CallBool("allclose", this, target, rtol, atol, equal_nan);

        public Tensor isclose(Tensor other, double rtol = 1E-05, double atol = 1E-08, bool nanEqual = false) =>
            Aten.Call("isclose", this, other, rtol, atol, nanEqual);

        public Tensor logical_and(Tensor other) => Aten.Call("logical_and", this, other);

        public Tensor logical_or(Tensor other) => Aten.Call("logical_or", this, other);

        public Tensor logical_xor(Tensor other) => Aten.Call("logical_xor", this, other);

        public Tensor logical_not() => Aten.Call("logical_not", this);

        public Tensor logical_and_(Tensor other) => Aten.Call("logical_and_", this, other);

        public Tensor logical_or_(Tensor other) => Aten.Call("logical_or_", this, other);

        public Tensor logical_xor_(Tensor other) => Aten.Call("logical_xor_", this, other);

        public Tensor logical_not_() => Aten.Call("logical_not_", this);

        public Tensor bitwise_and(Tensor other) => Aten.Call("bitwise_and.Tensor", this, other);

        public Tensor bitwise_or(Tensor other) => Aten.Call("bitwise_or.Tensor", this, other);

        public Tensor bitwise_xor(Tensor other) => Aten.Call("bitwise_xor.Tensor", this, other);

        public Tensor bitwise_not() => Aten.Call("bitwise_not", this);

        public Tensor bitwise_and_(Tensor other) => Aten.Call("bitwise_and_.Tensor", this, other);

        public Tensor bitwise_or_(Tensor other) => Aten.Call("bitwise_or_.Tensor", this, other);

        public Tensor bitwise_xor_(Tensor other) => Aten.Call("bitwise_xor_.Tensor", this, other);

        public Tensor bitwise_not_() => Aten.Call("bitwise_not_", this);

        public Tensor bitwise_left_shift(Tensor other) => Aten.Call("bitwise_left_shift.Tensor", this, other);

        public Tensor bitwise_right_shift(Tensor other) => Aten.Call("bitwise_right_shift.Tensor", this, other);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Aten.Call("isin.Tensor_Tensor", this, test_elements, assumeUnique, invert);

        public Tensor where(Tensor condition, Tensor y) => Aten.Call("where.self", condition, this, y);
    }
}
