using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Pooling over a rulebook and its gradient, on matrices of the caller with one element type and the same number of columns,
/// on the rulebook's device. Numbers of 16 bits are added up in Float32 and rounded once. Results do not depend on the number of
/// threads. A matrix that does not fit throws ArgumentException before anything is written.
/// </summary>
public static unsafe class Pooling
{
    /// <summary>
    /// The memory in bytes that carries what <see cref="Backward"/> needs from <see cref="Forward"/>, as int32: for
    /// <see cref="PoolingKind.Max"/> <c>[rows written, channels]</c>, the row that holds each maximum, or -1 where a row has no
    /// pair; for <see cref="PoolingKind.Mean"/> <c>[rows written]</c>, the number of pairs of each row; 0 for the others.
    /// </summary>
    public static long SavedBytes(Rulebook rulebook, ConvolutionDirection direction, PoolingKind kind, long channels)
    {
        ArgumentNullException.ThrowIfNull(rulebook);
        Checks.Defined(direction, nameof(direction));
        Checks.Defined(kind, nameof(kind));
        MatrixChecks.Channels(channels, nameof(channels));
        var rows = (direction == ConvolutionDirection.FineToCoarse ? rulebook.Coarse : rulebook.Fine).Rows;
        return kind switch
        {
            PoolingKind.Max => checked(rows * channels * sizeof(int)),
            PoolingKind.Mean => rows * sizeof(int),
            _ => 0,
        };
    }

    /// <summary>
    /// Overwrites <paramref name="output"/> <c>[rows written, channels]</c> from <paramref name="input"/>
    /// <c>[rows read, channels]</c>, and <paramref name="saved"/>, <see cref="SavedBytes"/> long, where it is given.
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
            CheckSaved(saved, SavedBytes(rulebook, direction, kind, input.Columns));
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
        CheckSaved(saved, SavedBytes(rulebook, direction, kind, gradOutput.Columns));
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

    private static void CheckSaved(Workspace saved, long bytes)
    {
        if (saved.Bytes != bytes || (saved.Data == 0 && bytes > 0))
            throw new ArgumentException($"saved has {saved.Bytes} bytes, must have {bytes}.", nameof(saved));
    }
}
