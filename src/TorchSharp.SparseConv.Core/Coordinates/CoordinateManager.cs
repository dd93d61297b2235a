using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Owns the coordinate maps and rulebooks of one set of levels, makes each once and gives it back when it is asked for again.
/// May be used from several threads. <see cref="Dispose"/> frees everything it made; without it the garbage collector does.
/// </summary>
public sealed unsafe partial class CoordinateManager : IDisposable
{
    // Held while something is made, so that two threads that ask for the same thing make it once.
    private readonly Lock _gate = new();
    private readonly List<CoordinateMap> _maps = [];
    private readonly Dictionary<LevelKey, CoordinateMap> _levels = [];
    private readonly Dictionary<RulebookKey, Rulebook> _rulebooks = [];
    private readonly Dictionary<CoordinateMap, List<KernelGeometry>> _makers = []; // of strided layers, by what they wrote
    private readonly Dictionary<CoordinateMap, List<KernelGeometry>> _keepers = []; // of layers that wrote what they read
    private readonly Dictionary<JoinKey, CoordinateMap> _joins = [];
    private volatile bool _disposed;

    /// <summary>
    /// A manager without levels, for 1 to 4 <paramref name="dimensions"/>, on the CPU (-1) or the CUDA device of the index given:
    /// all that it makes lives there, and results are the same row by row. Throws ArgumentOutOfRangeException for any other
    /// number, DllNotFoundException without the native library, and SparseConvException where there is no CUDA, saying what was
    /// looked for, or when the environment variable SPARSECONV_ISA names an instruction set that is not available.
    /// </summary>
    public CoordinateManager(int dimensions, int device = Native.Cpu)
    {
        Checks.Dimensions(dimensions, nameof(dimensions));
        _ = SparseConvRuntime.Isa;
        Checks.Device(device, nameof(device));
        Dimensions = dimensions;
        Device = device;
    }

    /// <summary>The number of axes of every level, 1 to 4, without the batch index.</summary>
    public int Dimensions { get; }

    /// <summary>Where every level lives: -1 for the CPU, else the index of a CUDA device.</summary>
    public int Device { get; }

    /// <summary>The native memory that all maps and rulebooks hold, in bytes; 0 after disposal.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _maps.Sum(map => map.Bytes) + _rulebooks.Values.Sum(rulebook => rulebook.Bytes);
        }
    }

    /// <summary>The levels at this moment, in the order in which they were made; none after disposal.</summary>
    public IReadOnlyList<CoordinateMap> Maps
    {
        get
        {
            lock (_gate)
                return [.. _maps];
        }
    }

    /// <summary>
    /// A level of the given voxels, int32 <c>[rows, 1 + Dimensions]</c> with the batch index first, whose rows are in the order
    /// given. Throws ArgumentException for a coordinate that stands twice, a negative batch index, or a voxel outside of the
    /// spatial shape. The stride is 1 where none is given.
    /// </summary>
    public CoordinateMap Insert(ReadOnlySpan<int> coordinates, PerAxis? stride = null, PerAxis? spatialShape = null)
    {
        fixed (int* first = coordinates)
            return Insert(new ArrayView<int>((nint)first, coordinates.Length), stride, spatialShape);
    }

    /// <summary>
    /// As <see cref="Insert(ReadOnlySpan{int}, PerAxis?, PerAxis?)"/>, with equal coordinates merged into one voxel:
    /// <paramref name="mapRows"/> receives the map's row of each row given, and must be as long. The order of the map's rows
    /// depends on the set of coordinates alone.
    /// </summary>
    public CoordinateMap InsertMerged(
        ReadOnlySpan<int> coordinates,
        Span<long> mapRows,
        PerAxis? stride = null,
        PerAxis? spatialShape = null
    )
    {
        fixed (int* first = coordinates)
        fixed (long* rows = mapRows)
        {
            var (given, merged) = (new ArrayView<int>((nint)first, coordinates.Length), (nint)rows);
            return InsertMerged(given, new ArrayView<long>(merged, mapRows.Length), stride, spatialShape);
        }
    }

    /// <summary>
    /// The coarse level that a strided convolution over <paramref name="fine"/> writes; the same level again for the same
    /// arguments. Its spatial shape, where <paramref name="fine"/> has one, is <see cref="KernelGeometry.CoarseShape"/> for
    /// <see cref="StridedSites.Dilate"/>, and the shape divided by the stride and rounded up, so that no voxel is lost, for
    /// <see cref="StridedSites.Downsample"/>.
    /// </summary>
    public CoordinateMap Coarsen(CoordinateMap fine, KernelGeometry geometry, StridedSites sites)
    {
        CheckMap(fine, nameof(fine));
        Checks.Geometry(geometry, Dimensions, nameof(geometry));
        Checks.Defined(sites, nameof(sites));
        var stride = Checks.Product(fine.Stride, geometry.Stride, nameof(geometry));
        var key = CoarseKey(fine, geometry, sites);
        // Every voxel is its own coarse site.
        if (key.Rule == LevelRule.Downsample && geometry.Stride == PerAxis.Repeat(1, Dimensions))
        {
            Remember(_keepers, fine, geometry);
            return fine;
        }
        var coarse = Derive(key, stride);
        Remember(_makers, coarse, geometry);
        return coarse;
    }

    /// <summary>
    /// The fine level that a transposed convolution from <paramref name="coarse"/> writes. <see cref="TransposedSites.Cached"/>
    /// gives the nearest level that <paramref name="coarse"/> was made from with the stride that the geometry leads to, else the
    /// only level with that stride, and throws InvalidOperationException where there is none or more than one;
    /// <see cref="TransposedSites.Generate"/> makes a level, the same one again for the same arguments, whose spatial shape is
    /// <see cref="KernelGeometry.FineShape"/>.
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
            return FindLevel(coarse, stride);
        PerAxis? shape = coarse.SpatialShape is { } extent ? geometry.FineShape(extent, outputPadding) : null;
        return Derive(new LevelKey(coarse, LevelRule.Generate, geometry, shape), stride);
    }

    /// <summary>
    /// All pairs of the geometry's law between two levels of this manager, which may be one level; the same rulebook again for
    /// the same arguments. Throws ArgumentException unless the coarse stride is the fine stride times the geometry's.
    /// </summary>
    public Rulebook Rulebook(CoordinateMap coarse, CoordinateMap fine, KernelGeometry geometry)
    {
        CheckMap(coarse, nameof(coarse));
        CheckMap(fine, nameof(fine));
        Checks.Geometry(geometry, Dimensions, nameof(geometry));
        var stride = Checks.Product(fine.Stride, geometry.Stride, nameof(geometry));
        if (stride != coarse.Stride)
            throw new ArgumentException(
                $"coarse has stride {coarse.Stride}, must have {stride}: the fine level's {fine.Stride} times the geometry's "
                    + $"{geometry.Stride}.",
                nameof(coarse)
            );
        var key = new RulebookKey(coarse, fine, geometry);
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_rulebooks.TryGetValue(key, out var known))
                return known;
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
    /// Frees all maps and rulebooks at once; using them or the manager afterwards throws ObjectDisposedException. What a call in
    /// progress on another thread uses is freed when that call ends.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var rulebook in _rulebooks.Values)
                rulebook.Free();
            foreach (var map in _maps)
                map.Free();
            _rulebooks.Clear();
            _makers.Clear();
            _keepers.Clear();
            _joins.Clear();
            _levels.Clear();
            _maps.Clear();
        }
    }

    internal void ThrowIfDisposed()
    {
        if (_disposed)
            throw new ObjectDisposedException(
                nameof(CoordinateManager),
                "The coordinate manager that owns these levels and rulebooks has been disposed."
            );
    }

    // Kernels that tile the fine level reach exactly floor(fine / stride): one rule, so one level, for both names of it.
    private static LevelKey CoarseKey(CoordinateMap fine, KernelGeometry geometry, StridedSites sites)
    {
        var down = sites == StridedSites.Downsample || geometry.IsTiling;
        var rule = down ? LevelRule.Downsample : LevelRule.Dilate;
        var kernel = down
            ? KernelGeometry.Create(geometry.Dimensions, size: geometry.Stride, stride: geometry.Stride)
            : geometry;
        if (fine.SpatialShape is not { } shape)
            return new LevelKey(fine, rule, kernel, SpatialShape: null);
        var coarse =
            sites == StridedSites.Dilate ? geometry.CoarseShape(shape) : CeilingQuotient(shape, geometry.Stride);
        return new LevelKey(fine, rule, kernel, coarse);
    }

    private static PerAxis CeilingQuotient(PerAxis shape, PerAxis stride)
    {
        Span<int> quotient = stackalloc int[shape.Count];
        for (var axis = 0; axis < shape.Count; axis++)
            quotient[axis] = ((shape[axis] - 1) / stride[axis]) + 1;
        return new PerAxis(quotient);
    }

    private CoordinateMap Derive(LevelKey key, PerAxis stride)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_levels.TryGetValue(key, out var known))
                return known;
            Span<int> extent = stackalloc int[PerAxis.MaxCount];
            key.SpatialShape?.CopyTo(extent);
            MapHandle handle;
            fixed (int* first = extent)
            fixed (int* taps = key.Geometry.Shape.Taps)
            {
                var geometry = NativeGeometry.From(key.Geometry, taps);
                var bounds = key.SpatialShape is null ? null : first;
                var status =
                    key.Rule == LevelRule.Generate
                        ? Native.spc_map_refine(
                            key.Source.Handle,
                            in geometry,
                            bounds,
                            Native.DefaultStream,
                            out handle
                        )
                        : Native.spc_map_coarsen(
                            key.Source.Handle,
                            in geometry,
                            (int)key.Rule,
                            bounds,
                            Native.DefaultStream,
                            out handle
                        );
                status.ThrowIfFailed();
            }
            var map = Add(handle, stride, key.SpatialShape, key.Source);
            _levels.Add(key, map);
            return map;
        }
    }

    private CoordinateMap FindLevel(CoordinateMap coarse, PerAxis stride)
    {
        ThrowIfDisposed();
        for (var level = coarse; level is not null; level = level.Source)
        {
            if (level.Stride == stride)
                return level;
        }
        var maps = Maps;
        var matches = maps.Where(map => map.Stride == stride).ToArray();
        if (matches.Length == 1)
            return matches[0];
        var levels = string.Join("; ", maps.Select(map => map.ToString()));
        throw new InvalidOperationException(
            $"The level with stride {coarse.Stride} was made from none with stride {stride}, and its manager has "
                + $"{matches.Length} of them, must have 1. Levels: {levels}. Give the sites, or use TransposedSites.Generate."
        );
    }

    private CoordinateMap Add(MapHandle handle, PerAxis stride, PerAxis? spatialShape, CoordinateMap? source)
    {
        var map = new CoordinateMap(this, handle, stride, spatialShape, source);
        _maps.Add(map);
        return map;
    }

    private (PerAxis Stride, PerAxis? SpatialShape) CheckLevel(PerAxis? stride, PerAxis? spatialShape)
    {
        var level = Checks.AtLeast(1, (stride ?? 1).Expand(Dimensions, nameof(stride)), nameof(stride));
        PerAxis? shape = spatialShape is { } given
            ? Checks.AtLeast(1, given.Expand(Dimensions, nameof(spatialShape)), nameof(spatialShape))
            : null;
        return (level, shape);
    }

    private void CheckMap(CoordinateMap map, string name)
    {
        ArgumentNullException.ThrowIfNull(map, name);
        ThrowIfDisposed();
        if (!ReferenceEquals(map.Manager, this))
            throw new ArgumentException(
                $"{name} belongs to another coordinate manager, must be a level of this one: rows of different managers do not "
                    + "correspond. Insert its coordinates here, or make both tensors with one manager.",
                name
            );
    }

    // Shapes and ranges have been checked: what the engine still refuses is in the coordinates themselves.
    private static void ThrowIfRefused(Status status, string name)
    {
        if (status is Status.InvalidArgument or Status.Unsupported)
            throw new ArgumentException(Native.LastError(), name);
        status.ThrowIfFailed();
    }
}
