using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The only place where tensors become pointers. A pointer is good for as long as its tensor is referenced, which
/// <see cref="BorrowedMemory"/> sees to.
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
        return new MatrixView(Pointer(tensor, name), rows, columns, element, Devices.Of(tensor, name));
    }

    /// <summary>The memory of a contiguous tensor of the elements named, without a copy.</summary>
    internal static ArrayView<T> Array<T>(torch.Tensor tensor, string name)
        where T : unmanaged
    {
        var type =
            typeof(T) == typeof(int) ? torch.ScalarType.Int32
            : typeof(T) == typeof(long) ? torch.ScalarType.Int64
            : torch.ScalarType.Float64;
        if (tensor.dtype != type)
        {
            throw new ArgumentException($"{name} is {tensor.dtype}, must be {type}.", name);
        }

        return new ArrayView<T>(Pointer(tensor, name), tensor.NumberOfElements, Devices.Of(tensor, name));
    }

    /// <summary>Scratch of so many bytes beside a tensor, or null for none.</summary>
    internal static torch.Tensor? CreateScratch(long bytes, torch.Tensor beside) =>
        bytes == 0 ? null : torch.empty(new[] { bytes }, torch.ScalarType.Byte, beside.device);

    /// <summary>The memory of scratch, or nothing for null.</summary>
    internal static Workspace Scratch(torch.Tensor? tensor, string name) =>
        tensor is null ? default : new(Pointer(tensor, name), tensor.NumberOfElements);

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

    /// <summary>
    /// The tensor itself where its elements lie in row-major order, else such a copy in the current scope.
    /// </summary>
    internal static torch.Tensor Contiguous(torch.Tensor tensor) =>
        tensor.is_contiguous() ? tensor : tensor.contiguous();

    /// <summary>
    /// An int32 or int64 tensor as a contiguous int32 one on its device: the tensor itself, or a copy in the current
    /// scope. An int64 value that int32 cannot hold is refused.
    /// </summary>
    internal static torch.Tensor AsInt32(torch.Tensor tensor, string name)
    {
        if (tensor.dtype is not (torch.ScalarType.Int32 or torch.ScalarType.Int64))
        {
            throw new ArgumentException($"{name} is {tensor.dtype}, must be Int32 or Int64.", name);
        }

        _ = Devices.Of(tensor, name);
        if (tensor.dtype == torch.ScalarType.Int32)
        {
            return Contiguous(tensor);
        }

        var narrow = Contiguous(tensor.to_type(torch.ScalarType.Int32));
        using var scope = torch.NewDisposeScope();
        var lost = narrow.to_type(torch.ScalarType.Int64).ne(tensor);
        if (lost.any().item<bool>())
        {
            var first = tensor.masked_select(lost).data<long>().ToArray()[0];
            throw new ArgumentException($"{name} holds {first}, must fit in 32 bits.", name);
        }

        return narrow;
    }

    /// <summary>
    /// Copies an int32 or int64 tensor to an array; an int64 value that int32 cannot hold is refused.
    /// </summary>
    internal static int[] ToInt32(torch.Tensor tensor, string name)
    {
        using var scope = torch.NewDisposeScope();
        return ToArray<int>(AsInt32(tensor, name), torch.ScalarType.Int32, name);
    }

    /// <summary>Copies a floating-point tensor to an array of float32.</summary>
    internal static float[] ToSingle(torch.Tensor tensor, string name) =>
        ToArray<float>(tensor, torch.ScalarType.Float32, name);

    /// <summary>Copies a floating-point tensor to an array of float64.</summary>
    internal static double[] ToDouble(torch.Tensor tensor, string name) =>
        ToArray<double>(tensor, torch.ScalarType.Float64, name);

    /// <summary>The bytes of a contiguous CPU tensor of at most 2 GiB; any element type.</summary>
    internal static Span<byte> Bytes(torch.Tensor tensor) => tensor.bytes;

    /// <summary>
    /// Writes back what a buffer held. On the CPU past autograd, which refuses a backward pass that has saved what
    /// copy_ changed since.
    /// </summary>
    internal static void Restore(torch.Tensor buffer, torch.Tensor saved)
    {
        if (buffer.device_type == DeviceType.CPU)
        {
            Bytes(saved).CopyTo(Bytes(buffer));
            GC.KeepAlive(saved);
            return;
        }

        using var untracked = torch.no_grad();
        buffer.copy_(saved);
    }

    private static T[] ToArray<T>(torch.Tensor tensor, torch.ScalarType type, string name)
        where T : unmanaged
    {
        _ = Devices.Of(tensor, name);
        using var scope = torch.NewDisposeScope();
        var source = Contiguous(tensor.detach().to_type(type).cpu());
        var values = Elements<T>(source, name).ToArray();
        GC.KeepAlive(source);
        return values;
    }

    private static unsafe Span<T> Elements<T>(torch.Tensor tensor, string name)
        where T : unmanaged => new((void*)Pointer(tensor, name), checked((int)tensor.NumberOfElements));

    private static nint Pointer(torch.Tensor tensor, string name)
    {
        if (!tensor.is_contiguous())
        {
            throw new ArgumentException(
                $"{name} has strides {Shapes.Text(tensor.stride())}, must be contiguous.",
                name
            );
        }

        // A storage starts before the tensor's own offset.
        return tensor.NumberOfElements == 0
            ? 0
            : new AnyStorage(tensor).data_ptr() + checked((nint)(tensor.storage_offset() * tensor.ElementSize));
    }

    /// <summary>
    /// The storage of any element type on any device: TorchSharp's own are of 32 bits and more, and convert what is
    /// not.
    /// </summary>
    private sealed class AnyStorage(torch.Tensor tensor) : torch.Storage(tensor)
    {
        private readonly long _elementSize = tensor.ElementSize;

        public override int element_size() => (int)_elementSize;
    }
}
