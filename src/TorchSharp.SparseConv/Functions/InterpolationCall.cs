using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>What one interpolation (no kind) or splat needs beside its features.</summary>
internal sealed class InterpolationCall(PointLinks links, SplatKind? kind, long channels)
{
    internal PointLinks Links { get; } = links;

    internal SplatKind? Kind { get; } = kind;

    internal long Channels { get; } = channels;

    internal long InRows => Kind is null ? Links.Rows : Links.Points;

    internal long OutRows => Kind is null ? Links.Points : Links.Rows;
}
