using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Sets this thread's inference mode, and restores it when disposed.</summary>
internal sealed class InferenceMode : IDisposable
{
    private nint _guard;

    internal unsafe InferenceMode(bool enabled)
    {
        nint guard;
        Native.Check(Native.standin_inference_mode_enter(enabled ? 1 : 0, &guard));
        _guard = guard;
    }

    internal static unsafe bool IsEnabled
    {
        get
        {
            int enabled;
            Native.Check(Native.standin_inference_mode(&enabled));
            return enabled != 0;
        }
    }

    public void Dispose()
    {
        if (_guard != 0)
        {
            Native.Check(Native.standin_inference_mode_leave(_guard));
            _guard = 0;
        }
    }
}
