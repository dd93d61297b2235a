namespace TorchSharp.SparseConv.Functions;

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
