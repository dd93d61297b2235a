using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Shapes as text and as torch's longs.</summary>
internal static class Shapes
{
    internal static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    /// <summary>The elements of one batch of a lattice of this shape.</summary>
    internal static long Volume(PerAxis shape)
    {
        var volume = 1L;
        foreach (var size in shape)
        {
            volume = checked(volume * size);
        }

        return volume;
    }

    /// <summary>[first, second, shape...], or [first, shape..., last] where torch wants the channels last.</summary>
    internal static long[] Dense(long first, PerAxis shape, long last) =>
        [first, .. shape.Select(size => (long)size), last];

    /// <summary>The permutation that takes [batch, d0.., channels] to [batch, channels, d0..].</summary>
    internal static long[] ChannelsFirst(int dimensions) =>
        [0, dimensions + 1, .. Enumerable.Range(1, dimensions).Select(axis => (long)axis)];

    /// <summary>The permutation that takes [batch, channels, d0..] to [batch, d0.., channels].</summary>
    internal static long[] ChannelsLast(int dimensions) =>
        [0, .. Enumerable.Range(2, dimensions).Select(axis => (long)axis), 1];
}
