using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Interpolation from voxels to points, splatting from points to voxels, and their gradients, on matrices of the caller
/// on the links' device, with one element type and the same number of columns. Sums of 16-bit numbers are computed in
/// Float32 and rounded once. Results do not depend on the number of threads. A matrix that does not fit throws
/// ArgumentException before anything is written.
/// </summary>
public static unsafe class Interpolation
{
    /// <summary>
    /// Overwrites <paramref name="output"/> <c>[points, channels]</c> with the weighted sums of the rows of
    /// <paramref name="input"/> <c>[rows, channels]</c>; zero for a point without links.
    /// </summary>
    public static void Forward(PointLinks links, in MatrixView input, in MatrixView output)
    {
        Check(links, input, nameof(input), output, nameof(output));
        Native.spc_interpolation_forward(links.Handle, in input, Native.DefaultStream, in output).ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="gradInput"/> <c>[rows, channels]</c> with the gradient of the input, from
    /// <paramref name="gradOutput"/> <c>[points, channels]</c>.
    /// </summary>
    public static void Backward(PointLinks links, in MatrixView gradOutput, in MatrixView gradInput)
    {
        Check(links, gradInput, nameof(gradInput), gradOutput, nameof(gradOutput));
        Native
            .spc_interpolation_backward(links.Handle, in gradOutput, Native.DefaultStream, in gradInput)
            .ThrowIfFailed();
    }

    /// <summary>
    /// The size in bytes of what <see cref="Splat"/> saves for <see cref="SplatBackward"/>. For
    /// <see cref="SplatKind.Max"/> it is int32 <c>[rows, channels]</c>: the point that holds each maximum, or -1. The
    /// others save nothing.
    /// </summary>
    public static long SavedBytes(PointLinks links, SplatKind kind, long channels)
    {
        ArgumentNullException.ThrowIfNull(links);
        Checks.Defined(kind, nameof(kind));
        MatrixChecks.Channels(channels, nameof(channels));
        return SizeOfSaved(links, kind, channels);
    }

    /// <summary>
    /// Overwrites <paramref name="output"/> <c>[rows, channels]</c> from the points that are linked to each voxel,
    /// <paramref name="input"/> <c>[points, channels]</c>, and <paramref name="saved"/>, <see cref="SavedBytes"/> long,
    /// where it is given.
    /// </summary>
    public static void Splat(
        PointLinks links,
        SplatKind kind,
        in MatrixView input,
        in MatrixView output,
        Workspace saved = default
    )
    {
        Check(links, output, nameof(output), input, nameof(input));
        Checks.Defined(kind, nameof(kind));
        if (saved != default)
        {
            MatrixChecks.Saved(saved, SizeOfSaved(links, kind, input.Columns));
        }

        Native
            .spc_splat_forward(links.Handle, kind, in input, Native.DefaultStream, (int*)saved.Data, in output)
            .ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="gradInput"/> <c>[points, channels]</c> with the gradient of the input, from
    /// <paramref name="gradOutput"/> <c>[rows, channels]</c> and what <see cref="Splat"/> saved.
    /// </summary>
    public static void SplatBackward(
        PointLinks links,
        SplatKind kind,
        in MatrixView gradOutput,
        in MatrixView gradInput,
        Workspace saved = default
    )
    {
        Check(links, gradOutput, nameof(gradOutput), gradInput, nameof(gradInput));
        Checks.Defined(kind, nameof(kind));
        MatrixChecks.Saved(saved, SizeOfSaved(links, kind, gradOutput.Columns));
        Native
            .spc_splat_backward(links.Handle, kind, in gradOutput, (int*)saved.Data, Native.DefaultStream, in gradInput)
            .ThrowIfFailed();
    }

    private static void Check(
        PointLinks links,
        in MatrixView ofRows,
        string nameOfRows,
        in MatrixView ofPoints,
        string nameOfPoints
    )
    {
        ArgumentNullException.ThrowIfNull(links);
        Checks.Defined(ofRows.ElementType, nameOfRows);
        if (ofRows.Columns < 1)
        {
            throw new ArgumentException($"{nameOfRows} has {ofRows.Columns} columns, must have 1 or more.", nameOfRows);
        }

        MatrixChecks.Fit(ofRows, ofRows.ElementType, links.Device, links.Rows, ofRows.Columns, nameOfRows);
        MatrixChecks.Fit(ofPoints, ofRows.ElementType, links.Device, links.Points, ofRows.Columns, nameOfPoints);
    }

    private static long SizeOfSaved(PointLinks links, SplatKind kind, long channels) =>
        kind == SplatKind.Max ? checked(links.Rows * channels * sizeof(int)) : 0;
}
