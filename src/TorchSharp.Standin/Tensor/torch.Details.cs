using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Aten.Call("stack", tensors.ToArray(), dim);

    public static Tensor hstack(IEnumerable<Tensor> tensors) => hstack(tensors.ToArray());

    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        Aten.CallList("meshgrid.indexing", tensors.ToArray(), indexing);

    public static Tensor clone(Tensor input) => input.clone();

    public static long numel(Tensor input) => input.numel();

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
            .WithGrad(requires_grad);
}
