namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The gradients that backward gave to TorchSharp, which reads them after backward has returned. Held strongly by
/// their autograd node, and disposed when this thread comes to its next convolution: waiting for the garbage collector
/// instead would keep the gradients of every layer of every step.
/// </summary>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static WeakReference<List<torch.Tensor>>? _latest;

    internal static void Remember(List<torch.Tensor> gradients)
    {
        if (_latest is null)
        {
            _latest = new WeakReference<List<torch.Tensor>>(gradients);
        }
        else
        {
            _latest.SetTarget(gradients);
        }
    }

    internal static void Release()
    {
        if (_latest is null || !_latest.TryGetTarget(out var gradients))
        {
            return;
        }

        foreach (var gradient in gradients)
        {
            gradient?.Dispose();
        }

        gradients.Clear();
    }
}
