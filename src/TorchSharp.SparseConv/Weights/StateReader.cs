using System.Buffers.Binary;
using System.Collections.Immutable;

namespace TorchSharp.SparseConv;

/// <summary>A weights file that is open: what is in it has been checked, the tensors are read one by one.</summary>
internal abstract class StateReader : IDisposable
{
    /// <summary>The tensors in the order of the file; no name stands twice.</summary>
    internal abstract IReadOnlyList<StateEntry> Entries { get; }

    /// <summary>The names of tensors whose element types are not read, and those types.</summary>
    internal virtual IReadOnlyDictionary<string, string> Unreadable => ImmutableDictionary<string, string>.Empty;

    /// <summary>A CPU tensor of the caller's.</summary>
    internal abstract torch.Tensor Read(string name);

    /// <summary>The first bytes of a tensor that has at least so many, read without libtorch.</summary>
    internal abstract void ReadStart(string name, Span<byte> bytes);

    /// <summary>The value of an Int64 scalar, read without libtorch.</summary>
    internal long ReadNumber(string name)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        ReadStart(name, bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public abstract void Dispose();
}

/// <summary>One tensor of a weights file, not yet read.</summary>
internal readonly record struct StateEntry(string Name, torch.ScalarType Type, long[] Shape);

/// <summary>The element types of weights files.</summary>
internal static class ElementTypes
{
    /// <summary>The bytes of one element; throws InvalidDataException for a type that no file holds.</summary>
    internal static int Size(torch.ScalarType type) =>
        type switch
        {
            torch.ScalarType.ComplexFloat64 => 16,
            torch.ScalarType.Float64 or torch.ScalarType.Int64 or torch.ScalarType.ComplexFloat32 => 8,
            torch.ScalarType.Float32 or torch.ScalarType.Int32 => 4,
            torch.ScalarType.Float16 or torch.ScalarType.BFloat16 or torch.ScalarType.Int16 => 2,
            torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Bool => 1,
            _ => throw new InvalidDataException($"its elements are {type}, which no weights file holds."),
        };

    /// <summary>
    /// The product of the sizes, or null where a size is negative or 64 bits of bytes cannot hold it.
    /// </summary>
    internal static long? Elements(ReadOnlySpan<long> shape, int elementSize)
    {
        var product = (Int128)elementSize;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                return null;
            }

            empty |= size == 0;
            product *= Math.Max(size, 1);
            if (product > long.MaxValue)
            {
                return null;
            }
        }

        return empty ? 0 : (long)(product / elementSize);
    }
}

/// <summary>The elements of tensors, to and from a stream, in pieces that a span can hold.</summary>
internal static class TensorData
{
    private const long PieceBytes = 1 << 28;
    private const int SkippedBytes = 1 << 13;

    internal static void Write(Stream stream, torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var piece in Pieces(TensorMemory.Contiguous(tensor.detach().cpu())))
        {
            stream.Write(TensorMemory.Bytes(piece));
            GC.KeepAlive(piece);
        }
    }

    internal static torch.Tensor Read(Stream stream, torch.ScalarType type, params long[] shape)
    {
        using var scope = torch.NewDisposeScope();
        var tensor = torch.empty(shape, type, torch.CPU);
        foreach (var piece in Pieces(tensor))
        {
            stream.ReadExactly(TensorMemory.Bytes(piece));
            GC.KeepAlive(piece);
        }

        return tensor.MoveToOuterDisposeScope();
    }

    /// <summary>Reads so many bytes and forgets them; throws EndOfStreamException where there are fewer.</summary>
    internal static void Skip(Stream stream, long bytes)
    {
        Span<byte> piece = stackalloc byte[SkippedBytes];
        while (bytes > 0)
        {
            var length = (int)Math.Min(bytes, SkippedBytes);
            stream.ReadExactly(piece[..length]);
            bytes -= length;
        }
    }

    private static IEnumerable<torch.Tensor> Pieces(torch.Tensor tensor)
    {
        var elements = tensor.NumberOfElements;
        var step = PieceBytes / tensor.ElementSize;
        var flat = tensor.view(-1);
        for (var start = 0L; start < elements; start += step)
        {
            yield return flat.narrow(0, start, Math.Min(step, elements - start));
        }
    }
}
