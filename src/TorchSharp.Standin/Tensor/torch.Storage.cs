using System.Collections;
using System.Numerics;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The memory under a tensor: from its start, whatever the tensor's own offset into it.</summary>
    public abstract class Storage
    {
        protected Tensor? _tensor;
        protected nint _tensor_data_ptr;

        protected Storage() { }

        protected Storage(Tensor tensor)
        {
            _tensor = tensor;
            data_ptr();
        }

        protected Storage(Tensor tensor, nint data_ptr)
        {
            _tensor = tensor;
            _tensor_data_ptr = data_ptr == 0 ? this.data_ptr() : data_ptr;
        }

        public abstract int element_size();

        public unsafe nint data_ptr()
        {
            if (_tensor_data_ptr == 0)
            {
                _tensor_data_ptr = Memory().Data;
            }
            return _tensor_data_ptr;
        }

        public ulong nbytes() => (ulong)Memory().Bytes;

        /// <summary>TorchSharp's list of element types; the tensor is converted where its own differs.</summary>
        internal static Storage<T> Create<T>(Tensor tensor)
            where T : unmanaged
        {
            var type = typeof(T);
            var supported =
                type == typeof(byte)
                || type == typeof(bool)
                || type == typeof(int)
                || type == typeof(long)
                || type == typeof(float)
                || type == typeof(double)
                || type == typeof((float, float))
                || type == typeof(Complex);
            return supported
                ? new Storage<T>(tensor.to_type(Tensor.ToScalarType(type)))
                : throw new NotSupportedException();
        }

        private unsafe (nint Data, long Bytes) Memory()
        {
            nint data;
            long bytes;
            long offset;
            Native.Check(Native.standin_tensor_storage(_tensor!.Handle, &data, &bytes, &offset), _tensor);
            return (data, bytes);
        }
    }

    public sealed unsafe class Storage<T> : Storage, IEnumerable<T>, IDisposable
        where T : unmanaged
    {
        internal Storage(Tensor tensor)
            : base(tensor, 0) { }

        public int Count => checked((int)(nbytes() / (ulong)sizeof(T)));

        public bool IsReadOnly => false;

        public Device device => _tensor!.device;

        public T this[int index]
        {
            get => Elements[index];
            set => Elements[index] = value;
        }

        private Span<T> Elements => new((void*)data_ptr(), Count);

        public override int element_size() => sizeof(T);

        public T[] ToArray() => Elements.ToArray();

        public IList<T> tolist() => ToArray();

        public void fill_(T value) => Elements.Fill(value);

        public void copy_(IList<T> array) => CopyFrom(array, 0);

        public void CopyTo(IList<T> array, int arrayIndex)
        {
            var elements = Elements;
            for (var i = 0; i < elements.Length && i < array.Count - arrayIndex; i++)
            {
                array[i + arrayIndex] = elements[i];
            }
        }

        public void CopyFrom(IList<T> array, int arrayIndex)
        {
            var elements = Elements;
            for (var i = 0; i < elements.Length && i < array.Count - arrayIndex; i++)
            {
                elements[i] = array[i + arrayIndex];
            }
        }

        public bool Contains(T item) => ToArray().Contains(item);

        public int IndexOf(T item) => Array.IndexOf(ToArray(), item);

        public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose()
        {
            _tensor_data_ptr = 0;
            _tensor = null;
        }
    }
}
