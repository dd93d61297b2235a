using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>Which rows belong to which scan, and whether they are added up or each gets its scan's.</summary>
internal sealed class ScanCall(CoordinateMap map, int scans, bool sums, long channels)
{
    internal CoordinateMap Map { get; } = map;

    internal int Scans { get; } = scans;

    /// <summary>From [N, C] to [scans, C]; else the other way.</summary>
    internal bool Sums { get; } = sums;

    internal long[] InputShape { get; } = [sums ? map.Rows : scans, channels];

    /// <summary>The call that gives this one's gradient.</summary>
    internal ScanCall Reversed() => new(Map, Scans, !Sums, InputShape[1]);
}
