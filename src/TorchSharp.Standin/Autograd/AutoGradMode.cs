using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Sets this thread's gradient mode, and restores it when disposed.</summary>
internal sealed class AutoGradMode : IDisposable
{
    private readonly bool _previous = IsEnabled;

    internal AutoGradMode(bool enabled) => Set(enabled);

    internal static unsafe bool IsEnabled
    {
        get
        {
            int enabled;
            Native.Check(Native.standin_grad_mode(&enabled));
            return enabled != 0;
        }
    }

    public void Dispose() => Set(_previous);

    private static void Set(bool enabled) => Native.Check(Native.standin_set_grad_mode(enabled ? 1 : 0));
}
