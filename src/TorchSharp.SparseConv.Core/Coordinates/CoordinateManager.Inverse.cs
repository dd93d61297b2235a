namespace TorchSharp.SparseConv.Core;

public sealed unsafe partial class CoordinateManager
{
    /// <summary>
    /// The rulebook of the strided convolution or pooling with kernel <paramref name="size"/> that made
    /// <paramref name="coarse"/>, to be run from coarse to fine. The level may have been selected from since. Throws
    /// InvalidOperationException, saying what made the level, where nothing of that size did or two kernels did.
    /// </summary>
    public Rulebook InverseRulebook(CoordinateMap coarse, PerAxis size)
    {
        CheckMap(coarse, nameof(coarse));
        var wanted = Checks.AtLeast(1, size.Expand(Dimensions, nameof(size)), nameof(size));
        var level = coarse;
        while (level.IsSelection)
            level = level.Source!;
        KernelGeometry[] makers;
        lock (_gate)
            makers = _makers.TryGetValue(level, out var known) ? [.. known] : [];
        var matches = makers.Where(geometry => geometry.Size == wanted).ToArray();
        if (matches.Length == 1)
            return Rulebook(coarse, level.Source!, matches[0]);
        throw new InvalidOperationException(
            $"An inverse convolution of size {wanted} was asked for the level of {coarse}, "
                + (
                    makers.Length > 0
                        ? $"which was made with {string.Join("; ", makers.Select(Text))}. Give the "
                            + "inverse one of these sizes."
                    : level.Source is null ? "which was not made by a convolution: its coordinates were given."
                    : $"which was made from {level.Source}, but not by a strided convolution or pooling."
                )
                + (matches.Length > 1 ? " Two of them have that size." : "")
        );

        static string Text(KernelGeometry geometry) =>
            $"kernel {geometry.Size}, stride {geometry.Stride}, padding {geometry.Padding}, dilation {geometry.Dilation}";
    }

    // A level may have several: floor(fine / stride) is the same for every kernel.
    private void RememberMaker(CoordinateMap coarse, KernelGeometry geometry)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!_makers.TryGetValue(coarse, out var makers))
                _makers.Add(coarse, makers = []);
            if (!makers.Contains(geometry))
                makers.Add(geometry);
        }
    }
}
