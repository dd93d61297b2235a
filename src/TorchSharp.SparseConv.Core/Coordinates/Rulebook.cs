using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <summary>
/// For each tap of a kernel geometry, the pairs of fine and coarse rows that meet there. A
/// <see cref="CoordinateManager"/> makes and owns it, and it is immutable. Using it after its manager is disposed
/// throws ObjectDisposedException; a call in progress still ends normally.
/// </summary>
public sealed unsafe class Rulebook
{
    private readonly RulebookHandle _handle;

    internal Rulebook(CoordinateMap coarse, CoordinateMap fine, KernelGeometry geometry, RulebookHandle handle)
    {
        _handle = handle;
        Coarse = coarse;
        Fine = fine;
        Geometry = geometry;
        Pairs = Native.spc_rulebook_pairs(handle);
        Bytes = Native.spc_rulebook_bytes(handle);
        handle.AddMemoryPressure(Bytes);
    }

    /// <summary>The coarse level: written by a convolution, read by a transposed one.</summary>
    public CoordinateMap Coarse { get; }

    /// <summary>The fine level: read by a convolution, written by a transposed one.</summary>
    public CoordinateMap Fine { get; }

    /// <summary>
    /// Where the rulebook and the matrices of its calls live: -1 for the CPU, else the index of a CUDA device.
    /// </summary>
    public int Device => Coarse.Device;

    /// <summary>The law that every pair obeys.</summary>
    public KernelGeometry Geometry { get; }

    /// <summary>The number of taps.</summary>
    public int Taps => Geometry.Taps;

    /// <summary>The number of pairs over all taps.</summary>
    public long Pairs { get; }

    /// <summary>The native memory that the rulebook holds, in bytes.</summary>
    public long Bytes { get; }

    internal RulebookHandle Handle
    {
        get
        {
            Coarse.Manager.ThrowIfDisposed();
            return _handle;
        }
    }

    /// <summary>The number of pairs of each tap.</summary>
    public long[] Counts()
    {
        var counts = new long[Taps];
        fixed (long* first = counts)
        {
            Native.spc_rulebook_counts(Handle, first).ThrowIfFailed();
        }

        return counts;
    }

    /// <summary>
    /// The fine and the coarse row of each pair of a tap, ascending by coarse row; throws ArgumentOutOfRangeException
    /// for a tap outside of the kernel.
    /// </summary>
    public (long[] Fine, long[] Coarse) TapPairs(int tap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tap);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tap, Taps);
        var count = Counts()[tap];
        var fine = new long[count];
        var coarse = new long[count];
        fixed (long* firstFine = fine)
        fixed (long* firstCoarse = coarse)
        {
            Native.spc_rulebook_tap_pairs(Handle, tap, Native.DefaultStream, firstFine, firstCoarse).ThrowIfFailed();
        }

        return (fine, coarse);
    }

    /// <summary>The number of pairs and taps and the geometry in words.</summary>
    public override string ToString() => $"{Pairs} pairs over {Taps} taps, {Geometry}";

    internal void Free() => _handle.Dispose();
}
