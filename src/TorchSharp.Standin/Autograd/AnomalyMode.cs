using TorchSharp.Interop;

namespace TorchSharp;

public class AnomalyMode : IDisposable
{
    private readonly bool _previous;
    private readonly bool _previousCheck;

    public AnomalyMode(bool enabled, bool check_nan = true)
    {
        (_previous, _previousCheck) = Current();
        Set(enabled, check_nan);
    }

    public static bool IsEnabled => Current().Enabled;

    public static bool ShouldCheckNaN => Current().CheckNaN;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Set(_previous, _previousCheck);
        }
    }

    private static unsafe (bool Enabled, bool CheckNaN) Current()
    {
        int enabled;
        int check;
        Native.Check(Native.standin_anomaly_mode(&enabled, &check));
        return (enabled != 0, check != 0);
    }

    private static void Set(bool enabled, bool checkNaN) =>
        Native.Check(Native.standin_set_anomaly_mode(enabled ? 1 : 0, checkNaN ? 1 : 0));
}
