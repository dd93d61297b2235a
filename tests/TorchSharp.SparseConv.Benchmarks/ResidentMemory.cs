using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Resident memory of this process, in MB (10^6 bytes); its peak starts anew on Linux.</summary>
internal static partial class ResidentMemory
{
    private const string Linux = "/proc/self/status";

    /// <summary>Memory held now.</summary>
    public static double CurrentMb => Environment.WorkingSet / 1e6;

    /// <summary>The most that was held since <see cref="RestartPeak"/>, or since the start where that has no effect.</summary>
    public static double PeakMb
    {
        get
        {
            if (!File.Exists(Linux))
            {
                return Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;
            }

            var line = File.ReadLines(Linux).First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            var kib = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
            return long.Parse(kib, CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
    }

    /// <summary>Lets the peak start from what is held now, after what is not needed was given back.</summary>
    public static void RestartPeak()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _ = TrimHeap(0);
        File.WriteAllText("/proc/self/clear_refs", "5"); // proc(5): resets VmHWM
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimHeap(nuint keep);
}
