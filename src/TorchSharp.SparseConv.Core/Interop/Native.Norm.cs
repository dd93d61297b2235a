using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Interop;

/// <content>Norms.</content>
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Status spc_norm_statistics(
        in MatrixView input,
        nint stream,
        in MatrixView mean,
        in MatrixView variance
    );

    [LibraryImport(Library)]
    internal static partial Status spc_norm_forward(
        in MatrixView input,
        in MatrixView mean,
        in MatrixView variance,
        double epsilon,
        MatrixView* weight,
        MatrixView* bias,
        MatrixView* residual,
        Activation activation,
        nint stream,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_norm_backward(
        in MatrixView input,
        in MatrixView mean,
        in MatrixView variance,
        double epsilon,
        MatrixView* weight,
        MatrixView* bias,
        MatrixView* output,
        Activation activation,
        NormStatistics statistics,
        in MatrixView gradOutput,
        nint stream,
        MatrixView* gradInput,
        MatrixView* gradWeight,
        MatrixView* gradBias,
        MatrixView* gradResidual
    );
}
