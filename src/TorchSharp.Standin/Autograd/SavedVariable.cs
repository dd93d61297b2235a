using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>A tensor kept for backward, with libtorch's check that it has not changed since.</summary>
internal sealed class SavedVariable : IDisposable
{
    private nint _handle;

    internal unsafe SavedVariable(torch.Tensor tensor, nint node)
    {
        nint handle;
        Native.Check(Native.standin_saved_new(tensor.Handle, node, &handle), tensor);
        _handle = handle;
    }

    ~SavedVariable() => Free();

    internal unsafe torch.Tensor Unpack(nint node)
    {
        nint result;
        Native.Check(Native.standin_saved_unpack(_handle, node, &result), this);
        return new torch.Tensor(result);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_handle != 0)
        {
            Native.Check(Native.standin_saved_dispose(_handle));
            _handle = 0;
        }
    }
}
