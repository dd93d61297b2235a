using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // As TorchSharp's: a factory makes a leaf, whatever its values came from.
    public static Tensor sparse_coo_tensor(
        Tensor indices,
        Tensor values,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        string[]? names = null
    ) =>
        Aten.Call(
                "sparse_coo_tensor.indices_size",
                indices,
                values,
                size,
                dtype ?? values.dtype,
                Argument.Default,
                InitializeDevice(device)
            )
            .Named(names)
            .detach_()
            .WithGrad(requires_grad);
}
