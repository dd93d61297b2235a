using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <content>Levels made from other levels, and the rulebooks between levels.</content>
public sealed unsafe partial class CoordinateManager
{
    private readonly Dictionary<LevelKey, CoordinateMap> _derived = [];
    private readonly Dictionary<JoinKey, CoordinateMap> _joins = [];
    private readonly Dictionary<RulebookKey, Rulebook> _rulebooks = [];

    // The kernels that an inverse convolution may undo: those of the strided layers that made a level, and those of the
    // layers that wrote to the level they had read.
    private readonly Dictionary<CoordinateMap, List<KernelGeometry>> _madeBy = [];
    private readonly Dictionary<CoordinateMap, List<KernelGeometry>> _keptBy = [];

    /// <summary>The rulebooks at this moment, in no particular order; none after disposal.</summary>
    public IReadOnlyList<Rulebook> Rulebooks
    {
        get
        {
            lock (_gate)
            {
                return [.. _rulebooks.Values];
            }
        }
    }

    /// <summary>
    /// The coarse level that a strided convolution over <paramref name="fine"/> writes; the same level again for the
    /// same arguments. Where <paramref name="fine"/> has a spatial shape, the coarse level has one too:
    /// <see cref="KernelGeometry.CoarseShape"/> for <see cref="StridedSites.Dilate"/>, and the shape divided by the
    /// stride and rounded up, which loses no voxel, for <see cref="StridedSites.Downsample"/>.
    /// </summary>
    public CoordinateMap Coarsen(CoordinateMap fine, KernelGeometry geometry, StridedSites sites)
    {
        CheckMap(fine, nameof(fine));
        Checks.Geometry(geometry, Dimensions, nameof(geometry));
        Checks.Defined(sites, nameof(sites));
        var stride = Checks.Product(fine.Stride, geometry.Stride, nameof(geometry));
        var key = CoarseKey(fine, geometry, sites);
        // With stride 1, floor(fine / stride) is the voxel itself.
        if (key.Rule == LevelRule.Downsample && geometry.Stride == PerAxis.Repeat(1, Dimensions))
        {
            Remember(_keptBy, fine, geometry);
            return fine;
        }
        var coarse = Derive(key, stride);
        Remember(_madeBy, coarse, geometry);
        return coarse;
    }

    /// <summary>
    /// The fine level that a transposed convolution from <paramref name="coarse"/> writes.
    /// <see cref="TransposedSites.Cached"/> gives the nearest level that <paramref name="coarse"/> was made from and
    /// that has the stride of the result; failing that, the only level with that stride. It throws
    /// InvalidOperationException where there is none or more than one. <see cref="TransposedSites.Generate"/> makes a
    /// level, the same one again for the same arguments, whose spatial shape is <see cref="KernelGeometry.FineShape"/>.
    /// </summary>
    public CoordinateMap Refine(
        CoordinateMap coarse,
        KernelGeometry geometry,
        TransposedSites sites,
        PerAxis? outputPadding = null
    )
    {
        CheckMap(coarse, nameof(coarse));
        Checks.Geometry(geometry, Dimensions, nameof(geometry));
        Checks.Defined(sites, nameof(sites));
        var stride = Checks.Quotient(coarse.Stride, geometry.Stride, nameof(coarse));
        if (sites == TransposedSites.Cached)
        {
            return FindLevel(coarse, stride);
        }

        PerAxis? shape = coarse.SpatialShape is { } extent ? geometry.FineShape(extent, outputPadding) : null;
        return Derive(new LevelKey(coarse, LevelRule.Generate, geometry, shape), stride);
    }

    /// <summary>
    /// All pairs that the geometry's law gives between two levels of this manager, which may be one level; the same
    /// rulebook again for the same arguments. Throws ArgumentException unless the coarse stride is the fine stride
    /// times the geometry's.
    /// </summary>
    public Rulebook Rulebook(CoordinateMap coarse, CoordinateMap fine, KernelGeometry geometry)
    {
        CheckMap(coarse, nameof(coarse));
        CheckMap(fine, nameof(fine));
        Checks.Geometry(geometry, Dimensions, nameof(geometry));
        var stride = Checks.Product(fine.Stride, geometry.Stride, nameof(geometry));
        if (stride != coarse.Stride)
        {
            throw new ArgumentException(
                $"coarse has stride {coarse.Stride}, must have {stride}: the fine level's {fine.Stride} times the geometry's "
                    + $"{geometry.Stride}.",
                nameof(coarse)
            );
        }

        var key = new RulebookKey(coarse, fine, geometry);
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_rulebooks.TryGetValue(key, out var known))
            {
                return known;
            }

            RulebookHandle handle;
            fixed (int* taps = geometry.Shape.Taps)
            {
                var native = NativeGeometry.From(geometry, taps);
                Native
                    .spc_rulebook_create(coarse.Handle, fine.Handle, in native, Native.DefaultStream, out handle)
                    .ThrowIfFailed();
            }
            var rulebook = new Rulebook(coarse, fine, geometry, handle);
            _rulebooks.Add(key, rulebook);
            return rulebook;
        }
    }

    /// <summary>
    /// The rulebook that an inverse convolution with kernel <paramref name="size"/> runs from coarse to fine: that of
    /// the strided convolution or pooling with this kernel that made <paramref name="coarse"/>. If there is none, it is
    /// the rulebook of a layer with stride 1 that wrote to the level it had read, whose fine level is that level
    /// itself. The level may have been selected from since. Throws InvalidOperationException where no layer with this
    /// kernel wrote the level, or two did; the message lists the layers that wrote it.
    /// </summary>
    public Rulebook InverseRulebook(CoordinateMap coarse, KernelShape size)
    {
        CheckMap(coarse, nameof(coarse));
        var wanted = size.Expand(Dimensions, nameof(size));
        var level = coarse;
        while (level.IsSelection)
        {
            level = level.Source!;
        }

        var makers = Known(_madeBy, level);
        var (fine, matches) = (level.Source, WithShape(makers, wanted));
        for (var at = coarse; at is not null && matches.Length == 0; at = at.IsSelection ? at.Source : null)
        {
            (fine, matches) = (at, WithShape(Known(_keptBy, at), wanted));
        }

        if (matches.Length == 1)
        {
            return Rulebook(coarse, fine!, matches[0]);
        }

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

    /// <summary>
    /// The union or the intersection of two levels of one stride; the same level again for the same arguments.
    /// <paramref name="make"/> makes it the first time, by <see cref="Select"/>, <see cref="Merge"/> or one of the two
    /// levels.
    /// </summary>
    internal CoordinateMap Join(CoordinateMap first, CoordinateMap second, bool isUnion, Func<CoordinateMap> make)
    {
        CheckMap(first, nameof(first));
        CheckMap(second, nameof(second));
        if (first.Stride != second.Stride)
        {
            throw new ArgumentException(
                $"second has stride {second.Stride}, must have the {first.Stride} of the first.",
                nameof(second)
            );
        }

        if (ReferenceEquals(first, second))
        {
            return first;
        }

        lock (_gate)
        {
            ThrowIfDisposed();
            var key = new JoinKey(first, second, isUnion);
            if (_joins.TryGetValue(key, out var known))
            {
                return known;
            }

            var joined = make();
            _joins.Add(key, joined);
            return joined;
        }
    }

    /// <summary>
    /// Makes a level of the voxels of two levels, whose coordinates are given one level after the other. Its source is
    /// the first level. Its spatial shape is the larger of both on each axis, or none where either has none.
    /// <paramref name="mapRows"/> is scratch with one entry for each row.
    /// </summary>
    internal CoordinateMap Merge(
        CoordinateMap first,
        CoordinateMap second,
        ArrayView<int> voxels,
        ArrayView<long> mapRows
    )
    {
        var rows = Checks.CoordinateRows(voxels, Dimensions, Device, nameof(voxels));
        Checks.Array(mapRows, rows, Device, nameof(mapRows));
        lock (_gate)
        {
            ThrowIfDisposed();
            var handle = CreateMerged(voxels, mapRows, nameof(voxels));
            return Add(handle, first.Stride, LargerShape(first.SpatialShape, second.SpatialShape), first);
        }
    }

    // A kernel that tiles the fine level reaches exactly floor(fine / stride), so Dilate and Downsample name one level
    // there.
    private static LevelKey CoarseKey(CoordinateMap fine, KernelGeometry geometry, StridedSites sites)
    {
        var down = sites == StridedSites.Downsample || geometry.IsTiling;
        var rule = down ? LevelRule.Downsample : LevelRule.Dilate;
        var kernel = down
            ? KernelGeometry.Create(geometry.Dimensions, size: geometry.Stride, stride: geometry.Stride)
            : geometry;
        if (fine.SpatialShape is not { } shape)
        {
            return new LevelKey(fine, rule, kernel, SpatialShape: null);
        }

        var coarse =
            sites == StridedSites.Dilate ? geometry.CoarseShape(shape) : CeilingQuotient(shape, geometry.Stride);
        return new LevelKey(fine, rule, kernel, coarse);
    }

    private static PerAxis CeilingQuotient(PerAxis shape, PerAxis stride)
    {
        Span<int> quotient = stackalloc int[shape.Count];
        for (var axis = 0; axis < shape.Count; axis++)
        {
            quotient[axis] = ((shape[axis] - 1) / stride[axis]) + 1;
        }

        return new PerAxis(quotient);
    }

    private static PerAxis? LargerShape(PerAxis? first, PerAxis? second)
    {
        if (first is not { } one || second is not { } other)
        {
            return null;
        }

        Span<int> larger = stackalloc int[one.Count];
        for (var axis = 0; axis < one.Count; axis++)
        {
            larger[axis] = Math.Max(one[axis], other[axis]);
        }

        return new PerAxis(larger);
    }

    private CoordinateMap Derive(LevelKey key, PerAxis stride)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_derived.TryGetValue(key, out var known))
            {
                return known;
            }

            Span<int> extent = stackalloc int[PerAxis.MaxCount];
            key.SpatialShape?.CopyTo(extent);
            MapHandle handle;
            fixed (int* first = extent)
            fixed (int* taps = key.Geometry.Shape.Taps)
            {
                var (source, stream) = (key.Source.Handle, Native.DefaultStream);
                var geometry = NativeGeometry.From(key.Geometry, taps);
                var bounds = key.SpatialShape is null ? null : first;
                var status =
                    key.Rule == LevelRule.Generate
                        ? Native.spc_map_refine(source, in geometry, bounds, stream, out handle)
                        : Native.spc_map_coarsen(source, in geometry, (int)key.Rule, bounds, stream, out handle);
                status.ThrowIfFailed();
            }
            var map = Add(handle, stride, key.SpatialShape, key.Source);
            _derived.Add(key, map);
            return map;
        }
    }

    private CoordinateMap FindLevel(CoordinateMap coarse, PerAxis stride)
    {
        ThrowIfDisposed();
        for (var level = coarse; level is not null; level = level.Source)
        {
            if (level.Stride == stride)
            {
                return level;
            }
        }
        var maps = Maps;
        var matches = maps.Where(map => map.Stride == stride).ToArray();
        if (matches.Length == 1)
        {
            return matches[0];
        }

        var levels = string.Join("; ", maps.Select(map => map.ToString()));
        throw new InvalidOperationException(
            $"The level with stride {coarse.Stride} was made from none with stride {stride}, and its manager has "
                + $"{matches.Length} of them, must have 1. Levels: {levels}. Give the sites, or use TransposedSites.Generate."
        );
    }

    private static KernelGeometry[] WithShape(KernelGeometry[] geometries, KernelShape shape) =>
        [.. geometries.Where(geometry => geometry.Shape == shape)];

    private KernelGeometry[] Known(Dictionary<CoordinateMap, List<KernelGeometry>> history, CoordinateMap level)
    {
        lock (_gate)
        {
            return history.TryGetValue(level, out var known) ? [.. known] : [];
        }
    }

    // A level may have several kernels: floor(fine / stride) is the same level for every kernel.
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
            {
                history.Add(level, known = []);
            }

            if (!known.Contains(geometry))
            {
                known.Add(geometry);
            }
        }
    }

    // The values of Dilate and Downsample are those of the C ABI.
    internal enum LevelRule
    {
        Dilate,
        Downsample,
        Generate,
    }

    private readonly record struct LevelKey(
        CoordinateMap Source,
        LevelRule Rule,
        KernelGeometry Geometry,
        PerAxis? SpatialShape
    );

    private readonly record struct JoinKey(CoordinateMap First, CoordinateMap Second, bool IsUnion);

    private readonly record struct RulebookKey(CoordinateMap Coarse, CoordinateMap Fine, KernelGeometry Geometry);
}

/// <summary>Which coarse sites a strided convolution writes.</summary>
public enum StridedSites
{
    /// <summary>
    /// Every coarse site that any fine site reaches through a tap, inside the spatial shape where there is one: the
    /// sites that a dense convolution would write.
    /// </summary>
    Dilate,

    /// <summary>The coarse site <c>floor(fine / stride)</c> of each fine site, and no other.</summary>
    Downsample,
}

/// <summary>Which fine sites a transposed convolution writes.</summary>
public enum TransposedSites
{
    /// <summary>
    /// The sites that the coarse level was made from, at the stride that the transposed convolution leads to.
    /// </summary>
    Cached,

    /// <summary>
    /// Every fine site that any coarse site reaches through a tap, inside the spatial shape where there is one.
    /// </summary>
    Generate,
}
