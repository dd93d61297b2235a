namespace TorchSharp.SparseConv.Autograd;

/// <summary>
/// What went wrong in a backward pass. TorchSharp ends the process when an exception leaves backward, so it is kept
/// here, the gradients become NaN, and the next call of any layer, on any thread, throws it.
/// </summary>
internal static class BackwardFailure
{
    private static Exception? _kept;

    internal static void Keep(Exception exception) => Interlocked.CompareExchange(ref _kept, exception, null);

    internal static void ThrowIfAny()
    {
        if (Volatile.Read(ref _kept) is null)
        {
            return;
        }

        if (Interlocked.Exchange(ref _kept, null) is { } exception)
        {
            throw new InvalidOperationException(
                $"An earlier backward pass of a sparse layer failed, and its gradients are NaN: {exception.Message}",
                exception
            );
        }
    }
}

/// <summary>
/// The gradients that backward gave to TorchSharp, which reads them after backward has returned. Their autograd node
/// holds them, and they are disposed when this thread comes to its next operation: waiting for the garbage collector
/// instead would keep the gradients of every layer of every step.
/// </summary>
internal static class ReturnedGradients
{
    private const string Key = "gradients";

    [ThreadStatic]
    private static WeakReference<List<torch.Tensor?>>? _latest;

    internal static void Remember(torch.autograd.AutogradContext context, List<torch.Tensor?> gradients)
    {
        context.save_data(Key, gradients);
        if (_latest is null)
        {
            _latest = new WeakReference<List<torch.Tensor?>>(gradients);
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
