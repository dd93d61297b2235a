using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The only place where tensors become pointers. A pointer is good for as long as its tensor is referenced, so every
/// caller ends with GC.KeepAlive on the tensors whose memory a native call used.
/// </summary>
internal static class TensorMemory
{
    /// <summary>The tensor's memory as a row-major matrix of the given size, without a copy.</summary>
    internal static MatrixView Matrix(torch.Tensor tensor, long rows, long columns, string name)
    {
        if (tensor.NumberOfElements != checked(rows * columns))
        {
            throw new ArgumentException(
                $"{name} has shape {Shapes.Text(tensor.shape)}, must hold {rows} x {columns} elements.",
                name
            );
        }

        var element = Element(tensor.dtype, name);
        return new MatrixView(Pointer(tensor, name), rows, columns, element);
    }

    /// <summary>The memory of a contiguous int32 tensor, or nothing for null.</summary>
    internal static Workspace Int32(torch.Tensor? tensor, string name) =>
        tensor is null ? default : new(Pointer(tensor, name), checked(tensor.NumberOfElements * sizeof(int)));

    /// <summary>The engine's name for an element type, or an ArgumentException where it has none.</summary>
    internal static ElementType Element(torch.ScalarType dtype, string name) =>
        dtype switch
        {
            torch.ScalarType.Float32 => ElementType.Float32,
            torch.ScalarType.Float64 => ElementType.Float64,
            torch.ScalarType.BFloat16 => ElementType.BFloat16,
            torch.ScalarType.Float16 => ElementType.Float16,
            _ => throw new ArgumentException(
                $"{name} is {dtype}, must be Float32, Float64, BFloat16 or Float16.",
                name
            ),
        };

    /// <summary>Refuses a tensor that is not in CPU memory: coordinates and the engine live there.</summary>
    internal static void RequireCpu(torch.Tensor tensor, string name)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            throw new ArgumentException(
                $"{name} is on {tensor.device}, must be on cpu, where the coordinates are.",
                name
            );
        }
    }

    /// <summary>The tensor itself where its elements lie in row-major order, else such a copy in the current scope.</summary>
    internal static torch.Tensor Contiguous(torch.Tensor tensor) =>
        tensor.is_contiguous() ? tensor : tensor.contiguous();

    /// <summary>Copies an int32 or int64 tensor to an array; an int64 value that int32 cannot hold is refused.</summary>
    internal static int[] ToInt32(torch.Tensor tensor, string name)
    {
        RequireCpu(tensor, name);
        using var scope = torch.NewDisposeScope();
        var source = Contiguous(tensor);
        var values = new int[tensor.NumberOfElements];
        switch (tensor.dtype)
        {
            case torch.ScalarType.Int32:
                Elements<int>(source, name).CopyTo(values);
                break;
            case torch.ScalarType.Int64:
                Narrow(Elements<long>(source, name), values, name);
                break;
            default:
                throw new ArgumentException($"{name} is {tensor.dtype}, must be Int32 or Int64.", name);
        }

        GC.KeepAlive(source);
        return values;
    }

    /// <summary>Copies a floating-point tensor to an array of float32.</summary>
    internal static float[] ToSingle(torch.Tensor tensor, string name) =>
        ToArray<float>(tensor, torch.ScalarType.Float32, name);

    /// <summary>Copies a floating-point tensor to an array of float64.</summary>
    internal static double[] ToDouble(torch.Tensor tensor, string name) =>
        ToArray<double>(tensor, torch.ScalarType.Float64, name);

    /// <summary>A new int32 tensor whose elements the given function writes.</summary>
    internal static torch.Tensor CreateInt32(long rows, long columns, Action<Memory> write)
    {
        var tensor = torch.empty(new[] { rows, columns }, torch.ScalarType.Int32, torch.CPU);
        write(new Memory(tensor));
        GC.KeepAlive(tensor);
        return tensor;
    }

    /// <summary>The bytes of a contiguous CPU tensor of at most 2 GiB; any element type.</summary>
    internal static Span<byte> Bytes(torch.Tensor tensor) => tensor.bytes;

    private static T[] ToArray<T>(torch.Tensor tensor, torch.ScalarType type, string name)
        where T : unmanaged
    {
        RequireCpu(tensor, name);
        using var scope = torch.NewDisposeScope();
        var source = Contiguous(tensor.detach().to_type(type));
        var values = Elements<T>(source, name).ToArray();
        GC.KeepAlive(source);
        return values;
    }

    private static unsafe Span<T> Elements<T>(torch.Tensor tensor, string name)
        where T : unmanaged => new((void*)Pointer(tensor, name), checked((int)tensor.NumberOfElements));

    private static nint Pointer(torch.Tensor tensor, string name)
    {
        RequireCpu(tensor, name);
        if (!tensor.is_contiguous())
        {
            throw new ArgumentException(
                $"{name} has strides {Shapes.Text(tensor.stride())}, must be contiguous.",
                name
            );
        }

        if (tensor.NumberOfElements == 0)
        {
            return 0;
        }

        // A storage keeps an alias of its tensor, which this scope frees; it starts before the tensor's own offset.
        using var scope = torch.NewDisposeScope();
        if (tensor.dtype is torch.ScalarType.BFloat16 or torch.ScalarType.Float16)
        {
            // There are no storages of 16-bit numbers. The bytes of one element say where they all are, however many.
            return Address(tensor.detach().view(-1).narrow(0, 0, 1).bytes);
        }

        torch.Storage storage = tensor.dtype switch
        {
            torch.ScalarType.Int32 => tensor.storage<int>(),
            torch.ScalarType.Int64 => tensor.storage<long>(),
            torch.ScalarType.Float32 => tensor.storage<float>(),
            torch.ScalarType.Float64 => tensor.storage<double>(),
            _ => throw new ArgumentException($"{name} is {tensor.dtype}, has no memory that the engine reads.", name),
        };
        return storage.data_ptr() + checked((nint)(tensor.storage_offset() * tensor.ElementSize));
    }

    private static unsafe nint Address(Span<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return (nint)first;
        }
    }

    private static void Narrow(ReadOnlySpan<long> source, Span<int> values, string name)
    {
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] is < int.MinValue or > int.MaxValue)
            {
                throw new ArgumentException($"{name} holds {source[i]}, must fit in 32 bits.", name);
            }

            values[i] = (int)source[i];
        }
    }

    /// <summary>The elements of an int32 tensor under construction.</summary>
    internal readonly struct Memory(torch.Tensor tensor)
    {
        internal Span<int> Span => Elements<int>(tensor, nameof(tensor));
    }
}
