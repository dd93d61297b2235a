using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The memory of tensors for one native call: it keeps them alive until it is disposed, which must be after the call.
/// Every pointer into a tensor comes from here.
/// </summary>
internal readonly ref struct BorrowedMemory : IDisposable
{
    private readonly List<torch.Tensor> _tensors = [];

    public BorrowedMemory() { }

    /// <summary>A contiguous tensor of so many elements as a row-major matrix, to read or to write.</summary>
    internal MatrixView Matrix(torch.Tensor tensor, long rows, long columns, string name)
    {
        _tensors.Add(tensor);
        return TensorMemory.Matrix(tensor, rows, columns, name);
    }

    /// <summary>
    /// A tensor of so many elements as a row-major matrix to read: a copy of it where it is not contiguous.
    /// </summary>
    internal MatrixView Read(torch.Tensor tensor, long rows, long columns, string name) =>
        Matrix(TensorMemory.Contiguous(tensor), rows, columns, name);

    /// <summary>The elements of a contiguous tensor of int, long or double; none for null.</summary>
    internal ArrayView<T> Array<T>(torch.Tensor? tensor, string name)
        where T : unmanaged
    {
        if (tensor is null)
        {
            return default;
        }

        _tensors.Add(tensor);
        return TensorMemory.Array<T>(tensor, name);
    }

    /// <summary>So many bytes of scratch beside a tensor, whose allocator owns them; none for 0.</summary>
    internal Workspace Scratch(long bytes, torch.Tensor beside)
    {
        var scratch = TensorMemory.CreateScratch(bytes, beside);
        if (scratch is not null)
        {
            _tensors.Add(scratch);
        }

        return TensorMemory.Scratch(scratch, nameof(scratch));
    }

    /// <summary>The memory of a contiguous int32 tensor, or none for null.</summary>
    internal Workspace Int32(torch.Tensor? tensor, string name)
    {
        if (tensor is not null)
        {
            _tensors.Add(tensor);
        }

        return TensorMemory.Int32(tensor, name);
    }

    public void Dispose() => GC.KeepAlive(_tensors);
}
