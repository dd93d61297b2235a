using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.Call("empty_like", [this, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.Call("zeros_like", [this, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.Call("ones_like", [this, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor full_like(
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Aten.Call("full_like", [this, value, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor new_empty(
            ReadOnlySpan<long> size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(size.ToArray(), dtype, device, requires_grad);

        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(new[] { dim0, dim1, dim2 }, dtype, device, requires_grad);

        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(new[] { dim0, dim1, dim2, dim3 }, dtype, device, requires_grad);

        public Tensor new_empty(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(new[] { rows, columns }, dtype, device, requires_grad);

        public Tensor new_empty(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(new[] { size }, dtype, device, requires_grad);

        public Tensor new_empty(
            long[] size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Aten.Call("new_empty", [this, size, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor new_zeros(
            ReadOnlySpan<long> size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(size.ToArray(), dtype, device, requires_grad);

        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(new[] { dim0, dim1, dim2 }, dtype, device, requires_grad);

        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(new[] { dim0, dim1, dim2, dim3 }, dtype, device, requires_grad);

        public Tensor new_zeros(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(new[] { rows, columns }, dtype, device, requires_grad);

        public Tensor new_zeros(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(new[] { size }, dtype, device, requires_grad);

        public Tensor new_zeros(
            long[] size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Aten.Call("new_zeros", [this, size, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { dim0, dim1, dim2 }, 1, dtype, device, requires_grad);

        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { dim0, dim1, dim2, dim3 }, 1, dtype, device, requires_grad);

        public Tensor new_ones(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { rows, columns }, 1, dtype, device, requires_grad);

        public Tensor new_ones(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { size }, 1, dtype, device, requires_grad);

        public Tensor new_full(
            ReadOnlySpan<long> size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(size.ToArray(), value, dtype, device, requires_grad);

        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { dim0, dim1, dim2 }, value, dtype, device, requires_grad);

        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { dim0, dim1, dim2, dim3 }, value, dtype, device, requires_grad);

        public Tensor new_full(
            long rows,
            long columns,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { rows, columns }, value, dtype, device, requires_grad);

        public Tensor new_full(
            long size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(new[] { size }, value, dtype, device, requires_grad);

        public Tensor new_full(
            long[] size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Aten.Call("new_full", [this, size, value, .. Options(dtype, device)]).requires_grad_(requires_grad);
    }
}
