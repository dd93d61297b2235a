using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Pooling over a rulebook and its gradient, on matrices of the caller on the rulebook's device, with one element type
/// and the same number of columns. Sums of 16-bit numbers are computed in Float32 and rounded once. Results do not
/// depend on the number of threads. A matrix that does not fit throws ArgumentException before anything is written.
/// </summary>
public static unsafe class Pooling
{
    /// <summary>
    /// The size in bytes of what <see cref="Forward"/> saves for <see cref="Backward"/>, as int32. For
    /// <see cref="PoolingKind.Max"/> it is <c>[rows written, channels]</c>: the row that holds each maximum, or -1
    /// where a row has no pair. For <see cref="PoolingKind.Mean"/> it is <c>[rows written]</c>: the number of pairs of
    /// each row. The others save nothing.
    /// </summary>
    public static long SavedBytes(Rulebook rulebook, ConvolutionDirection direction, PoolingKind kind, long channels)
    {
        ArgumentNullException.ThrowIfNull(rulebook);
        Checks.Defined(direction, nameof(direction));
        Checks.Defined(kind, nameof(kind));
        MatrixChecks.Channels(channels, nameof(channels));
        var rows = (direction == ConvolutionDirection.FineToCoarse ? rulebook.Coarse : rulebook.Fine).Rows;
        return SizeOfSaved(rows, kind, channels);
    }

    /// <summary>
    /// Overwrites <paramref name="output"/> <c>[rows written, channels]</c> from <paramref name="input"/>
    /// <c>[rows read, channels]</c>, and <paramref name="saved"/>, <see cref="SavedBytes"/> long, where it
    /// is given.
    /// </summary>
    public static void Forward(
        Rulebook rulebook,
        ConvolutionDirection direction,
        PoolingKind kind,
        in MatrixView input,
        in MatrixView output,
        Workspace saved = default
    )
    {
        var checks = new MatrixChecks(rulebook, direction, input.ElementType);
        Checks.Defined(kind, nameof(kind));
        checks.Fit(input, checks.RowsRead, input.Columns, nameof(input));
        checks.Fit(output, checks.RowsWritten, input.Columns, nameof(output));
        if (saved != default)
        {
            MatrixChecks.Saved(saved, SizeOfSaved(checks.RowsWritten, kind, input.Columns));
        }

        Native
            .spc_pooling_forward(
                rulebook.Handle,
                direction,
                kind,
                in input,
                Native.DefaultStream,
                (int*)saved.Data,
                in output
            )
            .ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="gradInput"/> <c>[rows read, channels]</c> with the gradient of the input, from
    /// <paramref name="gradOutput"/> <c>[rows written, channels]</c> and what <see cref="Forward"/> saved.
    /// </summary>
    public static void Backward(
        Rulebook rulebook,
        ConvolutionDirection direction,
        PoolingKind kind,
        in MatrixView gradOutput,
        in MatrixView gradInput,
        Workspace saved = default
    )
    {
        var checks = new MatrixChecks(rulebook, direction, gradOutput.ElementType);
        Checks.Defined(kind, nameof(kind));
        checks.Fit(gradOutput, checks.RowsWritten, gradOutput.Columns, nameof(gradOutput));
        checks.Fit(gradInput, checks.RowsRead, gradOutput.Columns, nameof(gradInput));
        MatrixChecks.Saved(saved, SizeOfSaved(checks.RowsWritten, kind, gradOutput.Columns));
        Native
            .spc_pooling_backward(
                rulebook.Handle,
                direction,
                kind,
                in gradOutput,
                (int*)saved.Data,
                Native.DefaultStream,
                in gradInput
            )
            .ThrowIfFailed();
    }

    private static long SizeOfSaved(long rowsWritten, PoolingKind kind, long channels) =>
        kind switch
        {
            PoolingKind.Max => checked(rowsWritten * channels * sizeof(int)),
            PoolingKind.Mean => rowsWritten * sizeof(int),
            _ => 0,
        };
}

/// <summary>
/// How a pooled row is computed from the rows that it is paired with; a row without a pair becomes zero.
/// </summary>
public enum PoolingKind
{
    /// <summary>
    /// The largest value of each channel. Not-a-number counts as larger than every number, and the lowest row wins
    /// among equal values.
    /// </summary>
    Max,

    /// <summary>The sum of each channel.</summary>
    Sum,

    /// <summary>The sum divided by the number of pairs: the active sites under the kernel.</summary>
    Mean,

    /// <summary>The sum divided by the number of taps, active or not.</summary>
    MeanOverVolume,
}
