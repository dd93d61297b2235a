namespace TorchSharp.SparseConv.Core;

public sealed unsafe partial class CoordinateManager
{
    /// <summary>
    /// The rulebook of the strided convolution or pooling with kernel <paramref name="size"/> that made
    /// <paramref name="coarse"/>, to be run from coarse to fine; else that of one which left the level as it was, with stride 1,
    /// whose fine level is the level itself. The level may have been selected from since. Throws InvalidOperationException, saying
    /// what wrote the level, where nothing with that kernel did or two such did.
    /// </summary>
    public Rulebook InverseRulebook(CoordinateMap coarse, KernelShape size)
    {
        CheckMap(coarse, nameof(coarse));
        var wanted = size.Expand(Dimensions, nameof(size));
        var level = coarse;
        while (level.IsSelection)
            level = level.Source!;
        var makers = Known(_makers, level);
        var (fine, matches) = (level.Source, WithShape(makers, wanted));
        for (var at = coarse; at is not null && matches.Length == 0; at = at.IsSelection ? at.Source : null)
            (fine, matches) = (at, WithShape(Known(_keepers, at), wanted));
        if (matches.Length == 1)
            return Rulebook(coarse, fine!, matches[0]);
        throw new InvalidOperationException(
            $"An inverse convolution with kernel {wanted} was asked for the level of {coarse}, "
                + (
                    makers.Length > 0
                        ? $"which was made with {string.Join("; ", makers.Select(Text))}. Give the "
                            + "inverse one of these kernels."
                    : level.Source is null ? "which was not made by a convolution: its coordinates were given."
                    : $"which was made from {level.Source}, but not by a strided convolution or pooling."
                )
                + (matches.Length > 1 ? " Two layers have that kernel." : "")
        );

        static string Text(KernelGeometry geometry) =>
            $"kernel {geometry.Shape}, stride {geometry.Stride}, padding {geometry.Padding}, dilation {geometry.Dilation}";
    }

    private static KernelGeometry[] WithShape(KernelGeometry[] geometries, KernelShape shape) =>
        [.. geometries.Where(geometry => geometry.Shape == shape)];

    private KernelGeometry[] Known(Dictionary<CoordinateMap, List<KernelGeometry>> history, CoordinateMap level)
    {
        lock (_gate)
            return history.TryGetValue(level, out var known) ? [.. known] : [];
    }

    // A level may have several: floor(fine / stride) is the same for every kernel.
    private void Remember(
        Dictionary<CoordinateMap, List<KernelGeometry>> history,
        CoordinateMap level,
        KernelGeometry geometry
    )
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!history.TryGetValue(level, out var known))
                history.Add(level, known = []);
            if (!known.Contains(geometry))
                known.Add(geometry);
        }
    }
}
