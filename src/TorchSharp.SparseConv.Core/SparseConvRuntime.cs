using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

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
            {
                throw new ArgumentException(
                    $"The instruction set is '{value}', must be one of {string.Join(", ", available)}.",
                    nameof(value)
                );
            }

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
            {
                names[index] = Text(Native.spc_isa_name(index));
            }

            return names;
        }
    }

    /// <summary>
    /// How many threads a call on this thread uses, its own among them; results do not depend on it. Unless it was set here, it
    /// is what torch.set_num_threads says, and without libtorch what OpenMP says: OMP_NUM_THREADS, else one for each processor.
    /// Setting it holds for the engine alone and for the whole process, however many threads call at once: a call gets what the
    /// others leave, and always its own thread. Setting it to 0 follows torch again. Throws ArgumentOutOfRangeException below 0.
    /// </summary>
    public static int Threads
    {
        get => Native.spc_threads();
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Native.spc_set_threads(value).ThrowIfFailed();
        }
    }

    /// <summary>The names of the CUDA devices that can be used, by index; none where CUDA cannot be used.</summary>
    public static IReadOnlyList<string> CudaDevices
    {
        get
        {
            if (Native.spc_cuda_device_count(out var count) != Status.Ok)
            {
                return [];
            }

            var names = new string[count];
            for (var device = 0; device < count; device++)
            {
                Native.spc_cuda_device_name(device, out var name).ThrowIfFailed();
                names[device] = Text(name);
            }
            return names;
        }
    }

    /// <summary>Why CUDA cannot be used, in one line that says what was looked for and where; null where it can.</summary>
    public static string? CudaFailure => Native.spc_cuda_device_count(out _) == Status.Ok ? null : Native.LastError();

    /// <summary>
    /// Whether convolutions of Float32 on CUDA may round their factors to TF32, whose numbers have 19 bits; false at the start.
    /// </summary>
    public static bool AllowTf32
    {
        get => Native.spc_tf32() != 0;
        set => Native.spc_set_tf32(value ? 1 : 0).ThrowIfFailed();
    }

    /// <summary>The version of the native library.</summary>
    public static string Version => Text(Native.spc_version());

    /// <summary>How many native maps and rulebooks are alive in this process.</summary>
    public static long LiveObjects => Native.spc_live_objects();

    /// <summary>Asks this function for the number of threads, at every call and on its thread, while <see cref="Threads"/> is not set.</summary>
    internal static void FollowThreads(delegate* unmanaged[Cdecl]<int> source) =>
        Native.spc_set_thread_source(source).ThrowIfFailed();

    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";
}
