using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The shape, stride, dilation and padding of a kernel over 1 to 4 axes, which decide which voxels meet.
/// <para>
/// The law: a coarse site, a fine site and a tap of the kernel meet when, on every axis,
/// <c>fine = stride * coarse + dilation * tap - padding</c> with <c>0 &lt;= tap &lt; size</c>; where the
/// <see cref="KernelShape"/> is not the whole box, with one of its taps. Coordinates are in units of their own level. A
/// convolution reads fine and writes coarse; a transposed convolution is the same relation read from coarse to fine.
/// Taps are numbered row-major over the kernel, the last axis fastest; those of a list of offsets are numbered by the
/// list.
/// </para>
/// </summary>
public readonly record struct KernelGeometry
{
    private KernelGeometry(KernelShape shape, PerAxis stride, PerAxis dilation, PerAxis padding)
    {
        Shape = shape;
        Stride = stride;
        Dilation = dilation;
        Padding = padding;
    }

    /// <summary>Which taps the kernel has.</summary>
    public KernelShape Shape { get; }

    /// <summary>The number of cells along each axis of the box around all taps, 1 or more.</summary>
    public PerAxis Size => Shape.Size;

    /// <summary>How many fine sites one coarse site spans along each axis, 1 or more.</summary>
    public PerAxis Stride { get; }

    /// <summary>The distance between neighbouring taps in fine sites along each axis, 1 or more.</summary>
    public PerAxis Dilation { get; }

    /// <summary>How far tap 0 of an axis lies before <c>stride * coarse</c>, 0 or more.</summary>
    public PerAxis Padding { get; }

    /// <summary>The number of axes, 1 to 4. It is 0 only for <c>default</c>, which every method refuses.</summary>
    public int Dimensions => Size.Count;

    /// <summary>The number of taps; for a box, the product of its sizes.</summary>
    public int Taps
    {
        get
        {
            if (!Shape.Taps.IsEmpty)
            {
                return Shape.Taps.Length / Dimensions;
            }

            var taps = 1;
            for (var axis = 0; axis < Dimensions; axis++)
            {
                taps *= Size[axis];
            }

            return taps;
        }
    }

    /// <summary>
    /// A kernel over 1 to 4 <paramref name="dimensions"/>; stride and dilation are 1 and padding 0 where they are not
    /// given. Throws ArgumentException naming the argument that has a wrong number of values or a value out of range.
    /// </summary>
    public static KernelGeometry Create(
        int dimensions,
        KernelShape size,
        PerAxis? stride = null,
        PerAxis? dilation = null,
        PerAxis? padding = null
    )
    {
        Checks.Dimensions(dimensions, nameof(dimensions));
        var geometry = new KernelGeometry(
            size.Expand(dimensions, nameof(size)),
            Checks.AtLeast(1, (stride ?? 1).Expand(dimensions, nameof(stride)), nameof(stride)),
            Checks.AtLeast(1, (dilation ?? 1).Expand(dimensions, nameof(dilation)), nameof(dilation)),
            Checks.AtLeast(0, (padding ?? 0).Expand(dimensions, nameof(padding)), nameof(padding))
        );
        if (geometry.Shape.IsList)
        {
            RequireInt32Range(geometry.Shape.Taps, geometry.Dilation);
        }
        else
        {
            RequireInt32Range(geometry.Size, geometry.Dilation, isBox: geometry.Shape.Taps.IsEmpty);
        }

        return geometry;
    }

    /// <summary>
    /// A kernel of stride 1 whose output sites are its input sites, with padding <c>dilation * (size - 1) / 2</c>
    /// rounded down. It is centred for odd sizes; for even sizes the larger half comes after the site, as in PyTorch's
    /// <c>padding="same"</c>. Offsets of a list are counted from the site itself, without padding.
    /// </summary>
    public static KernelGeometry Submanifold(int dimensions, KernelShape size, PerAxis? dilation = null)
    {
        var unpadded = Create(dimensions, size, stride: 1, dilation);
        Span<int> padding = stackalloc int[dimensions];
        for (var axis = 0; axis < dimensions; axis++)
        {
            padding[axis] = unpadded.TapSpan(axis) / 2;
        }

        return new KernelGeometry(unpadded.Shape, unpadded.Stride, unpadded.Dilation, new PerAxis(padding));
    }

    /// <summary>
    /// What a tap adds to <c>stride * coarse</c>: <c>dilation * tap - padding</c> along each axis; throws
    /// ArgumentOutOfRangeException for a tap outside of the kernel.
    /// </summary>
    public PerAxis TapOffset(int tap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tap);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tap, Taps);
        Span<int> offset = stackalloc int[Dimensions];
        if (!Shape.Taps.IsEmpty)
        {
            for (var axis = 0; axis < Dimensions; axis++)
            {
                offset[axis] = (Dilation[axis] * Shape.Taps[(tap * Dimensions) + axis]) - Padding[axis];
            }

            return new PerAxis(offset);
        }
        for (var axis = Dimensions - 1; axis >= 0; axis--)
        {
            offset[axis] = (Dilation[axis] * (tap % Size[axis])) - Padding[axis];
            tap /= Size[axis];
        }
        return new PerAxis(offset);
    }

    /// <summary>
    /// The spatial shape that a dense convolution gives:
    /// <c>(fine + 2 * padding - dilation * (size - 1) - 1) / stride + 1</c> along each axis, rounded down. A list of
    /// offsets counts as size 1. Throws ArgumentException where the kernel is larger than the padded shape.
    /// </summary>
    public PerAxis CoarseShape(PerAxis fineShape)
    {
        Checks.Geometry(this, nameof(KernelGeometry));
        var fine = Checks.AtLeast(1, fineShape.Expand(Dimensions, nameof(fineShape)), nameof(fineShape));
        Span<int> coarse = stackalloc int[Dimensions];
        for (var axis = 0; axis < Dimensions; axis++)
        {
            var room = (long)fine[axis] + (2L * Padding[axis]) - TapSpan(axis) - 1;
            if (room < 0)
            {
                throw new ArgumentException(
                    $"fineShape is {fine} and the kernel spans {TapSpan(axis) + 1L} sites on axis {axis}, must be at most "
                        + $"the shape with padding {Padding[axis]} on both sides.",
                    nameof(fineShape)
                );
            }

            coarse[axis] = Checks.Int32((room / Stride[axis]) + 1, nameof(fineShape));
        }
        return new PerAxis(coarse);
    }

    /// <summary>
    /// The spatial shape that a dense transposed convolution gives:
    /// <c>(coarse - 1) * stride - 2 * padding + dilation * (size - 1) + outputPadding + 1</c> along each axis. Throws
    /// ArgumentException where that is below 1, or where the output padding is not below the stride or the dilation.
    /// </summary>
    public PerAxis FineShape(PerAxis coarseShape, PerAxis? outputPadding = null)
    {
        Checks.Geometry(this, nameof(KernelGeometry));
        var coarse = Checks.AtLeast(1, coarseShape.Expand(Dimensions, nameof(coarseShape)), nameof(coarseShape));
        var extra = OutputPadding(outputPadding);
        Span<int> fine = stackalloc int[Dimensions];
        for (var axis = 0; axis < Dimensions; axis++)
        {
            var sites = ((coarse[axis] - 1L) * Stride[axis]) - (2L * Padding[axis]) + TapSpan(axis) + extra[axis] + 1;
            if (sites < 1)
            {
                throw new ArgumentException(
                    $"coarseShape is {coarse}, which gives {sites} fine sites on axis {axis}, must be 1 or more.",
                    nameof(coarseShape)
                );
            }

            fine[axis] = Checks.Int32(sites, nameof(coarseShape));
        }
        return new PerAxis(fine);
    }

    // Whether the kernel tiles the fine level without gaps or overlap, so that each fine site belongs to one coarse
    // site.
    internal bool IsTiling =>
        Shape == Stride && Dilation == PerAxis.Repeat(1, Dimensions) && Padding == PerAxis.Repeat(0, Dimensions);

    private PerAxis OutputPadding(PerAxis? outputPadding)
    {
        var extra = (outputPadding ?? 0).Expand(Dimensions, nameof(outputPadding));
        Checks.AtLeast(0, extra, nameof(outputPadding));
        for (var axis = 0; axis < Dimensions; axis++)
        {
            if (extra[axis] >= Math.Max(Stride[axis], Dilation[axis]))
            {
                throw new ArgumentException(
                    $"outputPadding is {extra}, must be below the stride {Stride} or the dilation {Dilation} on every axis.",
                    nameof(outputPadding)
                );
            }
        }
        return extra;
    }

    // The distance from the first tap to the last along one axis, in fine sites. A list of offsets counts as the site
    // alone, because its offsets may lie on both sides of the site.
    private int TapSpan(int axis) => Shape.IsList ? 0 : Dilation[axis] * (Size[axis] - 1);

    private static void RequireInt32Range(ReadOnlySpan<int> offsets, PerAxis dilation)
    {
        for (var i = 0; i < offsets.Length; i++)
        {
            if (Math.Abs((long)dilation[i % dilation.Count] * offsets[i]) > int.MaxValue)
            {
                throw new ArgumentException(
                    $"dilation is {dilation} and an offset {offsets[i]} on axis {i % dilation.Count}, must lead at most "
                        + $"{int.MaxValue} sites away.",
                    nameof(dilation)
                );
            }
        }
    }

    private static void RequireInt32Range(PerAxis size, PerAxis dilation, bool isBox)
    {
        long taps = 1;
        for (var axis = 0; axis < size.Count; axis++)
        {
            taps *= size[axis];
            if (!isBox)
            {
                taps = 1;
            }

            if (taps > int.MaxValue)
            {
                throw new ArgumentException($"size is {size}, must have at most {int.MaxValue} taps.", nameof(size));
            }

            if ((long)dilation[axis] * (size[axis] - 1) > int.MaxValue)
            {
                throw new ArgumentException(
                    $"dilation is {dilation} and size {size}, must span at most {int.MaxValue} sites on axis {axis}.",
                    nameof(dilation)
                );
            }
        }
    }
}
