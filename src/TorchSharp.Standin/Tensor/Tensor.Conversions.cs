using System.Numerics;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor to_type(
            ScalarType type,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => After(disposeAfter, Aten.Call("to.dtype", this, type, non_blocking, copy));

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(
            ScalarType type,
            Device device,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => After(disposeAfter, Aten.Call("to.device", this, InitializeDevice(device), type, non_blocking, copy));

        public Tensor to(
            DeviceType deviceType,
            int deviceIndex = -1,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => to(dtype, new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking);

        public Tensor type(ScalarType dtype) => to(dtype);

        public Tensor type(Func<Tensor, Tensor> typeFunc) => typeFunc(this);

        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor @byte() => to_type(ScalarType.Byte);

        public Tensor @char() => to_type(ScalarType.Int8);

        public Tensor @short() => to_type(ScalarType.Int16);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        public Tensor cpu() => to(CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false) =>
            device is null || device.type == DeviceType.CUDA
                ? to(device ?? CUDA, non_blocking: non_blocking)
                : throw new ArgumentException("Not a CUDA device.", nameof(device));

        public Tensor contiguous() => Aten.Call("contiguous", this);

        public Tensor clone() => Aten.Call("clone", this);

        public Tensor detach() => Aten.Call("detach", this);

        public Tensor detach_() => Aten.Call("detach_", this);

        public Tensor pin_memory() => Aten.Call("pin_memory", this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => Aten.Call("copy_", this, source, nonBlocking);

        public Tensor fill_(Scalar value)
        {
            Aten.Call("fill_.Scalar", this, value).Dispose();
            return this;
        }

        public Tensor zero_() => Aten.Call("zero_", this);

        public Tensor set_(Tensor source)
        {
            Aten.Call("set_.source_Tensor", this, source).Dispose();
            return this;
        }

        public Tensor to_dense() => Aten.Call("to_dense", this);

        public Tensor to_sparse() => Aten.Call("to_sparse", this);

        public Tensor to_sparse(int sparse_dim) => Aten.Call("to_sparse.sparse_dim", this, (long)sparse_dim);

        public Tensor SparseIndices => Aten.Call("_indices", this);

        public Tensor SparseValues => Aten.Call("_values", this);

        public Scalar ToScalar()
        {
            using var one = NewDisposeScope();
            var value = detach().cpu();
            return dtype switch
            {
                ScalarType.Bool => value.item<bool>(),
                ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 => value
                    .to(ScalarType.ComplexFloat64)
                    .item<Complex>(),
                var type when torch.is_integral(type) => value.@long().item<long>(),
                _ => value.@double().item<double>(),
            };
        }

        private Tensor After(bool disposeAfter, Tensor result)
        {
            if (disposeAfter)
            {
                Dispose();
            }
            return result;
        }
    }
}
