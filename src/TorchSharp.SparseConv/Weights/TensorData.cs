namespace TorchSharp.SparseConv;

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
