using System.Numerics;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Storage<T> storage<T>()
            where T : unmanaged => Storage.Create<T>(this);

        public unsafe long storage_offset()
        {
            nint data;
            long bytes;
            long offset;
            Native.Check(Native.standin_tensor_storage(Handle, &data, &bytes, &offset), this);
            return offset;
        }

        public Utils.TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            ValidateType(typeof(T));
            return new Utils.TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        public T item<T>()
            where T : unmanaged =>
            NumberOfElements == 1
                ? data<T>()[0]
                : throw new ArgumentException("Number of elements in the tensor must be 1");

        public Span<byte> bytes
        {
            get
            {
                ValidateMemory();
                var length = NumberOfElements * ElementSize;
                if (length > int.MaxValue)
                {
                    throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                }
                return Memory((int)length);
            }
            set
            {
                if (!is_contiguous())
                {
                    throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                }
                if (NumberOfElements * ElementSize != value.Length)
                {
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                }
                value.CopyTo(Memory(value.Length));
            }
        }

        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            ValidateMemory();
            ForEachBlock((pointer, length) => stream.Write(new ReadOnlySpan<byte>((void*)pointer, length)));
        }

        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            ValidateMemory();
            ForEachBlock((pointer, length) => stream.ReadExactly(new Span<byte>((void*)pointer, length)));
        }

        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);

        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);

        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);

        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);

        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);

        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);

        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);

        public T ReadCpuValue<T>(long i)
            where T : unmanaged => Utils.TensorAccessor<T>.ReadItemAt(this, i);

        internal unsafe nint DataPointer
        {
            get
            {
                nint data;
                Native.Check(Native.standin_tensor_data(Handle, &data), this);
                return data;
            }
        }

        internal void ValidateType(Type type)
        {
            var expected = ToScalarType(type);
            if (expected != dtype)
            {
                throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
            }
        }

        internal static ScalarType ToScalarType(Type type) =>
            type switch
            {
                _ when type == typeof(byte) => ScalarType.Byte,
                _ when type == typeof(sbyte) => ScalarType.Int8,
                _ when type == typeof(short) => ScalarType.Int16,
                _ when type == typeof(int) => ScalarType.Int32,
                _ when type == typeof(long) => ScalarType.Int64,
                _ when type == typeof(Half) => ScalarType.Float16,
                _ when type == typeof(BFloat16) => ScalarType.BFloat16,
                _ when type == typeof(float) => ScalarType.Float32,
                _ when type == typeof(double) => ScalarType.Float64,
                _ when type == typeof(bool) => ScalarType.Bool,
                _ when type == typeof((float, float)) => ScalarType.ComplexFloat32,
                _ when type == typeof(Complex) => ScalarType.ComplexFloat64,
                _ => throw new NotSupportedException($"The type {type.FullName} is not supported."),
            };

        private unsafe Span<byte> Memory(int length) => new((void*)DataPointer, length);

        private void ForEachBlock(Action<nint, int> action)
        {
            const int Block = 1 << 24;
            var pointer = DataPointer;
            for (var left = NumberOfElements * ElementSize; left > 0; left -= Block, pointer += Block)
            {
                action(pointer, (int)Math.Min(left, Block));
            }
            GC.KeepAlive(this);
        }

        private void ValidateMemory()
        {
            if (!is_contiguous())
            {
                throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            }
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException(
                    "Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading."
                );
            }
        }
    }
}
