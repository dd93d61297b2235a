using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor over the array's own memory, unless it must be converted or moved.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) =>
        from_array(rawArray, dtype: null, device ?? CPU);

    public static unsafe Tensor from_array(
        Array rawArray,
        ScalarType? dtype,
        Device? device = null,
        bool requires_grad = false,
        string[]? names = null
    ) => Share(rawArray, Shape(rawArray), 0).Converted(dtype, device, requires_grad, names);

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) =>
        from_array(data, dtype, device);

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) =>
        data.to(dtype ?? data.dtype, device ?? data.device);

    /// <summary>A one-dimensional tensor over <paramref name="count"/> elements of the array's own memory.</summary>
    public static Tensor frombuffer(
        Array rawArray,
        ScalarType dtype,
        long count = -1,
        long offset = 0,
        bool requires_grad = false
    )
    {
        if (offset < 0 || offset >= rawArray.LongLength)
        {
            throw new ArgumentException($"invalid value for 'offset': {offset}");
        }
        if (count > rawArray.LongLength - offset)
        {
            throw new IndexOutOfRangeException($"element count is too large: {count}");
        }
        var length = count < 0 ? rawArray.LongLength - offset : count;
        return Share(rawArray, [length], offset).Converted(dtype, CPU, requires_grad, names: null);
    }

    private static long[] Shape(Array array) =>
        [.. Enumerable.Range(0, array.Rank).Select(dimension => array.GetLongLength(dimension))];

    private static unsafe Tensor Share(Array array, long[] shape, long offset)
    {
        var element =
            array.GetType().GetElementType()
            ?? throw new InvalidOperationException($"{nameof(array)} has no element type.");
        var type = Tensor.ToScalarType(element);
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        nint result;
        fixed (long* sizes = shape)
        {
            var start = pin.AddrOfPinnedObject() + checked((nint)(offset * type.ElementSize()));
            Native.Check(
                Native.standin_tensor_from_blob(
                    start,
                    sizes,
                    shape.Length,
                    (int)type,
                    GCHandle.ToIntPtr(pin),
                    &Unpin,
                    &result
                )
            );
        }
        return new Tensor(result);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Unpin(nint context) => GCHandle.FromIntPtr(context).Free();

    private static Tensor FromValues<T>(
        ReadOnlySpan<T> values,
        ReadOnlySpan<long> shape,
        ScalarType type,
        ScalarType? dtype,
        Device? device,
        bool requiresGrad,
        string[]? names
    )
        where T : unmanaged
    {
        var count = 1L;
        foreach (var extent in shape)
        {
            count *= extent;
        }
        if (count > values.Length)
        {
            throw new ArgumentException(
                $"mismatched total size creating a tensor from an array: {count} vs. {values.Length}"
            );
        }
        var result = empty(shape.ToArray(), type, CPU);
        MemoryMarshal.AsBytes(values[..(int)count]).CopyTo(result.bytes);
        return result.Converted(dtype, device, requiresGrad, names);
    }

    private static Tensor FromGrid(
        Array values,
        ScalarType type,
        ScalarType? dtype,
        Device? device,
        bool requiresGrad,
        string[]? names
    )
    {
        var result = empty(Shape(values), type, CPU);
        var bytes = MemoryMarshal.CreateReadOnlySpan(
            ref MemoryMarshal.GetArrayDataReference(values),
            result.bytes.Length
        );
        bytes.CopyTo(result.bytes);
        return result.Converted(dtype, device, requiresGrad, names);
    }

    public partial class Tensor
    {
        /// <summary>This new tensor with the dtype and device asked for; it is disposed where that makes another.</summary>
        internal Tensor Converted(ScalarType? dtype, Device? device, bool requiresGrad, string[]? names)
        {
            var target = InitializeDevice(device);
            var type = dtype ?? this.dtype;
            var same = type == this.dtype && target.type == device_type;
            return (same ? this : to(type, target, disposeAfter: true)).Named(names).WithGrad(requiresGrad);
        }
    }
}
