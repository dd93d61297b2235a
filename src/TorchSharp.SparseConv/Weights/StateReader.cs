using System.Buffers.Binary;

namespace TorchSharp.SparseConv;

/// <summary>A weights file that is open: what is in it has been checked, the tensors are read one by one.</summary>
internal abstract class StateReader : IDisposable
{
    /// <summary>The tensors in the order of the file; no name stands twice.</summary>
    internal abstract IReadOnlyList<StateEntry> Entries { get; }

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
