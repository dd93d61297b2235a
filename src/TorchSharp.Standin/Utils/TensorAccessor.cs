using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor, in row-major order whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IEnumerable<T>, IDisposable
    where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _contiguous;
    private T* _data;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            throw new InvalidOperationException(
                "Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading."
            );
        }
        _tensor = tensor;
        _shape = tensor.shape;
        _strides = tensor.stride();
        _contiguous = tensor.is_contiguous();
        _data = (T*)tensor.DataPointer;
    }

    public long Count => _tensor.numel();

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get
        {
            var value = _data[Offset(indices)];
            GC.KeepAlive(_tensor);
            return value;
        }
        set
        {
            _data[Offset(indices)] = value;
            GC.KeepAlive(_tensor);
        }
    }

    public T[] ToArray()
    {
        // As TorchSharp's, which looks for the first element of a matrix before it counts them.
        if (Count == 0 && _shape.Length > 1)
            throw new ArgumentOutOfRangeException("startingIndex");
        return Elements();
    }

    private T[] Elements()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    public Array ToNDArray()
    {
        var result = Array.CreateInstance(typeof(T), _shape.Length == 0 ? [1] : _shape);
        CopyTo(
            System.Runtime.InteropServices.MemoryMarshal.CreateSpan(
                ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(
                    ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(result)
                ),
                checked((int)Count)
            )
        );
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (_contiguous)
        {
            new ReadOnlySpan<T>(_data + tensorIndex, count).CopyTo(array[arrayIndex..]);
        }
        for (var i = 0; i < count && !_contiguous; i++)
        {
            array[arrayIndex + i] = _data[Offset(tensorIndex + i)];
        }
        GC.KeepAlive(_tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (_contiguous)
        {
            array.Slice(arrayIndex, count).CopyTo(new Span<T>(_data + tensorIndex, count));
        }
        for (var i = 0; i < count && !_contiguous; i++)
        {
            _data[Offset(tensorIndex + i)] = array[arrayIndex + i];
        }
        GC.KeepAlive(_tensor);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)Elements()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets go of the memory; the tensor stays its owner's.</summary>
    public void Dispose() => _data = null;

#nullable disable // As TorchSharp's.
    public override bool Equals(object obj) => obj is TensorAccessor<T> other && this == other;

#nullable restore

    public override int GetHashCode() => base.GetHashCode();

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) =>
        left.AsEnumerable().SequenceEqual(right);

    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

    internal static T ReadItemAt(torch.Tensor tensor, long index)
    {
        tensor.ValidateType(typeof(T));
        return new TensorAccessor<T>(tensor)[index];
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            return indices[0] >= 0 && indices[0] < Count
                ? Offset(indices[0])
                : throw new IndexOutOfRangeException($"{indices[0]} in a tensor of {Count} elements.");
        }
        var offset = 0L;
        for (var i = 0; i < _shape.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= _shape[i])
            {
                throw new IndexOutOfRangeException($"{indices[i]} >= {_shape[i]} in dimension {i}.");
            }
            offset += indices[i] * _strides[i];
        }
        return offset;
    }

    private long Offset(long index)
    {
        if (_contiguous)
        {
            return index;
        }
        var offset = 0L;
        for (var i = _shape.Length - 1; i >= 0; i--)
        {
            (index, var position) = Math.DivRem(index, _shape[i]);
            offset += position * _strides[i];
        }
        return offset;
    }
}
