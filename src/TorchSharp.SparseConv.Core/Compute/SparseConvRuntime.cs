using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Settings and state of the engine, for the whole process. Every member throws DllNotFoundException, with the paths tried, when
/// the native library is missing.
/// </summary>
public static unsafe class SparseConvRuntime
{
    /// <summary>
    /// The CPU instruction set in use: the best one available, or the one that the environment variable SPARSECONV_ISA named at
    /// first use; reading it throws SparseConvException when that is not available, and setting it throws ArgumentException for
    /// one that is not among <see cref="AvailableIsas"/>.
    /// </summary>
    public static string Isa
    {
        get
        {
            Native.spc_isa(out var name).ThrowIfFailed();
            return Text(name);
        }
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var available = AvailableIsas;
            if (!available.Contains(value, StringComparer.Ordinal))
                throw new ArgumentException(
                    $"The instruction set is '{value}', must be one of {string.Join(", ", available)}.",
                    nameof(value)
                );
            Native.spc_set_isa(value).ThrowIfFailed();
        }
    }

    /// <summary>The instruction sets that this machine can run, best first.</summary>
    public static IReadOnlyList<string> AvailableIsas
    {
        get
        {
            var names = new string[Native.spc_isa_count()];
            for (var index = 0; index < names.Length; index++)
                names[index] = Text(Native.spc_isa_name(index));
            return names;
        }
    }

    /// <summary>
    /// How many threads one call uses, 1 or more; results do not depend on it. Setting throws ArgumentOutOfRangeException below 1.
    /// </summary>
    public static int Threads
    {
        get => Native.spc_threads();
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Native.spc_set_threads(value).ThrowIfFailed();
        }
    }

    /// <summary>The version of the native library.</summary>
    public static string Version => Text(Native.spc_version());

    /// <summary>How many native maps and rulebooks are alive in this process.</summary>
    public static long LiveObjects => Native.spc_live_objects();

    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";
}
