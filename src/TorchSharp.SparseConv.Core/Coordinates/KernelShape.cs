using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The taps of a kernel: a box, a cross, a hybrid of both by axis, or a list of offsets. A cross and a hybrid keep some
/// cells of their box. Their taps are numbered row-major, the last axis fastest; those of a list keep its order. An
/// integer, a tuple of 2 to 4 integers and a <see cref="PerAxis"/> convert implicitly to a box of that size.
/// </summary>
public readonly struct KernelShape : IEquatable<KernelShape>
{
    // The engine accepts no longer list.
    internal const int MostListedTaps = 1 << 20;

    private readonly Kind _kind;
    private readonly uint _cubeAxes; // one bit an axis; 0 except for a hybrid
    private readonly int[]? _taps; // [taps, dimensions] of a list, and of a cross once it is expanded; else null

    private KernelShape(Kind kind, PerAxis size, uint cubeAxes = 0, int[]? taps = null)
    {
        _kind = kind;
        Size = size;
        _cubeAxes = cubeAxes;
        _taps = taps;
    }

    private enum Kind
    {
        Box,
        Cross,
        List,
    }

    /// <summary>
    /// The number of cells along each axis of the box around all taps; one value stands for every axis.
    /// </summary>
    public PerAxis Size { get; }

    /// <summary>Whether the taps are a list of offsets from the site itself, and not part of a box.</summary>
    public bool IsList => _kind == Kind.List;

    // Row-major [taps, dimensions], or empty for all cells of the box. A cross has taps only once it is expanded.
    internal ReadOnlySpan<int> Taps => _taps;

    /// <summary>Every cell of a box; one value gives a cube.</summary>
    public static KernelShape Box(PerAxis size) => new(Kind.Box, size);

    /// <summary>
    /// The cells that differ from the centre on one axis at most; the centre is <c>(size - 1) / 2</c>, rounded down. A
    /// cross of size 3 in 3 dimensions has 7 taps, where the cube has 27.
    /// </summary>
    public static KernelShape Cross(PerAxis size) => new(Kind.Cross, size);

    /// <summary>
    /// A box over <paramref name="cubeAxes"/> (counted from 0) at the centre of the other axes, and an arm along each
    /// other axis. A hybrid of size 3 in 4 dimensions with axes 0, 1 and 2 has 29 taps, where the cube has 81. Throws
    /// ArgumentOutOfRangeException for an axis that is not 0 to 3.
    /// </summary>
    public static KernelShape Hybrid(PerAxis size, params ReadOnlySpan<int> cubeAxes)
    {
        var axes = 0u;
        foreach (var axis in cubeAxes)
        {
            if (axis is < 0 or >= PerAxis.MaxCount)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(cubeAxes),
                    axis,
                    $"cubeAxes holds {axis}, must hold 0 to {PerAxis.MaxCount - 1}."
                );
            }

            axes |= 1u << axis;
        }
        return new KernelShape(Kind.Cross, size, axes);
    }

    /// <summary>
    /// One tap for each offset from the site itself, in this order and in units of the dilation; negative offsets lie
    /// before the site. An offset of one value has that value on every axis. Throws ArgumentException for an empty
    /// list, offsets of different numbers of axes, and an offset that occurs twice.
    /// </summary>
    public static KernelShape Offsets(params ReadOnlySpan<PerAxis> offsets)
    {
        if (offsets.Length is 0 or > MostListedTaps)
        {
            throw new ArgumentException(
                $"offsets has {offsets.Length} entries, must have 1 to {MostListedTaps}.",
                nameof(offsets)
            );
        }

        var dimensions = offsets[0].Count;
        if (dimensions == 0)
        {
            throw new ArgumentException("offsets[0] is empty, must have 1 to 4 values.", nameof(offsets));
        }

        var taps = new int[offsets.Length * dimensions];
        var seen = new Dictionary<PerAxis, int>(offsets.Length);
        for (var tap = 0; tap < offsets.Length; tap++)
        {
            if (offsets[tap].Count != dimensions)
            {
                throw new ArgumentException(
                    $"offsets[{tap}] is {offsets[tap]}, must have {dimensions} values as offsets[0].",
                    nameof(offsets)
                );
            }

            if (!seen.TryAdd(offsets[tap], tap))
            {
                throw new ArgumentException(
                    $"offsets[{seen[offsets[tap]]}] and offsets[{tap}] are both {offsets[tap]}, must be distinct.",
                    nameof(offsets)
                );
            }

            offsets[tap].CopyTo(taps.AsSpan(tap * dimensions));
        }
        return new KernelShape(Kind.List, Extent(taps, dimensions), taps: taps);
    }

    /// <summary>Whether both are of one kind and have the same sizes and taps.</summary>
    public bool Equals(KernelShape other) =>
        _kind == other._kind
        && Size == other.Size
        && _cubeAxes == other._cubeAxes
        && (_kind != Kind.List || Taps.SequenceEqual(other.Taps));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KernelShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_kind);
        hash.Add(Size);
        hash.Add(_cubeAxes);
        if (_kind == Kind.List)
        {
            foreach (var value in Taps)
            {
                hash.Add(value);
            }
        }
        return hash.ToHashCode();
    }

    /// <summary>The size of a box, <c>(3, 3, 3)</c>, and the kind before it for the others.</summary>
    public override string ToString() =>
        _kind switch
        {
            Kind.Box => Size.ToString(),
            Kind.Cross when _cubeAxes == 0 => $"cross {Size}",
            Kind.Cross => $"hybrid {Size} with a box over axes {string.Join(", ", CubeAxes())}",
            _ => $"{Taps.Length / Size.Count} offsets within {Size}",
        };

    /// <summary>Whether both are of one kind and have the same sizes and taps.</summary>
    public static bool operator ==(KernelShape left, KernelShape right) => left.Equals(right);

    /// <summary>Whether the kind, a size or a tap differs.</summary>
    public static bool operator !=(KernelShape left, KernelShape right) => !left.Equals(right);

    /// <summary>A box of this size.</summary>
    public static implicit operator KernelShape(PerAxis size) => Box(size);

    /// <summary>A cube: the same size on every axis.</summary>
    public static implicit operator KernelShape(int size) => Box(size);

    /// <summary>A box over 2 axes.</summary>
    public static implicit operator KernelShape((int, int) size) => Box(size);

    /// <summary>A box over 3 axes.</summary>
    public static implicit operator KernelShape((int, int, int) size) => Box(size);

    /// <summary>A box over 4 axes.</summary>
    public static implicit operator KernelShape((int, int, int, int) size) => Box(size);

    // The same shape over exactly this many axes, with its taps. A cross that keeps every cell becomes a box, so that
    // equal kernels are equal values.
    internal KernelShape Expand(int dimensions, string name)
    {
        if (_kind == Kind.List)
        {
            return ExpandList(dimensions, name);
        }

        var size = Checks.AtLeast(1, Size.Expand(dimensions, name), name);
        if (_kind == Kind.Box)
        {
            return Box(size);
        }

        if (_cubeAxes >> dimensions != 0)
        {
            throw new ArgumentException($"{name} is {this}, must have its box over axes 0 to {dimensions - 1}.", name);
        }

        var cubes = 0u;
        var arms = 0;
        for (var axis = 0; axis < dimensions; axis++)
        {
            if (size[axis] == 1)
            {
                continue;
            }

            if ((_cubeAxes >> axis & 1) != 0)
            {
                cubes |= 1u << axis;
            }
            else
            {
                arms++;
            }
        }
        if (arms + (cubes != 0 ? 1 : 0) <= 1)
        {
            return Box(size);
        }

        if (uint.IsPow2(cubes))
        {
            cubes = 0; // a box over one axis is the same as an arm
        }

        return new KernelShape(Kind.Cross, size, cubes, CrossTaps.List(size, cubes, name));
    }

    private static PerAxis Extent(int[] taps, int dimensions)
    {
        Span<int> extent = stackalloc int[dimensions];
        for (var axis = 0; axis < dimensions; axis++)
        {
            long least = taps[axis];
            long most = least;
            for (var i = axis; i < taps.Length; i += dimensions)
            {
                least = Math.Min(least, taps[i]);
                most = Math.Max(most, taps[i]);
            }
            extent[axis] = Checks.Int32(most - least + 1, "offsets");
        }
        return new PerAxis(extent);
    }

    private KernelShape ExpandList(int dimensions, string name)
    {
        if (Size.Count == dimensions)
        {
            return this;
        }

        if (Size.Count != 1)
        {
            throw new ArgumentException(
                $"{name} has offsets of {Size.Count} values, must have one value or {dimensions}.",
                name
            );
        }

        var taps = new int[_taps!.Length * dimensions];
        for (var i = 0; i < taps.Length; i++)
        {
            taps[i] = _taps[i / dimensions];
        }

        return new KernelShape(Kind.List, Size.Expand(dimensions), taps: taps);
    }

    private IEnumerable<int> CubeAxes()
    {
        var axes = _cubeAxes;
        return Enumerable.Range(0, PerAxis.MaxCount).Where(axis => (axes >> axis & 1) != 0);
    }
}

/// <summary>Lists the taps of a cross, or of a hybrid, row-major over its box.</summary>
internal ref struct CrossTaps
{
    private readonly PerAxis _size;
    private readonly uint _cubeAxes; // one bit an axis
    private readonly List<int> _taps;
    private readonly Span<int> _tap;

    private CrossTaps(PerAxis size, uint cubeAxes, List<int> taps, Span<int> tap)
    {
        _size = size;
        _cubeAxes = cubeAxes;
        _taps = taps;
        _tap = tap;
    }

    /// <summary>
    /// The taps, [taps, dimensions]; throws ArgumentException about the argument called name where there are too many.
    /// </summary>
    internal static int[] List(PerAxis size, uint cubeAxes, string name)
    {
        var cells = 1L;
        var taps = 1L;
        for (var axis = 0; axis < size.Count; axis++)
        {
            if ((cubeAxes >> axis & 1) != 0)
            {
                cells = Math.Min(cells * size[axis], int.MaxValue);
            }
            else
            {
                taps += size[axis] - 1;
            }
        }
        taps += cells - 1;
        if (taps > KernelShape.MostListedTaps)
        {
            throw new ArgumentException(
                $"{name} is {size}, which has {taps} taps, must have at most {KernelShape.MostListedTaps}.",
                name
            );
        }

        var list = new List<int>((int)taps * size.Count);
        Span<int> tap = stackalloc int[size.Count];
        new CrossTaps(size, cubeAxes, list, tap).Add(axis: 0, inCube: false, onArm: false);
        return [.. list];
    }

    // Adds all taps whose values before this axis are set. Those decide whether this axis may still leave the centre.
    private readonly void Add(int axis, bool inCube, bool onArm)
    {
        if (axis == _size.Count)
        {
            foreach (var value in _tap)
            {
                _taps.Add(value);
            }

            return;
        }
        var cube = (_cubeAxes >> axis & 1) != 0;
        var centre = (_size[axis] - 1) / 2;
        var free = !onArm && (cube || !inCube);
        for (var value = free ? 0 : centre; value <= (free ? _size[axis] - 1 : centre); value++)
        {
            _tap[axis] = value;
            Add(axis + 1, inCube || (cube && value != centre), onArm || (!cube && value != centre));
        }
    }
}
