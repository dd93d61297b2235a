using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Convolution over a rulebook and its gradients, on matrices of the caller. Weights are
/// <c>[taps * in / groups, out]</c>, with the rows of one tap together. The output channels of a group read the input
/// channels of the same group alone; in a depthwise convolution each channel is a group of its own.
/// <para>
/// All matrices of a call are on the rulebook's device and have one element type, except that beside BFloat16 or
/// Float16 features the weight, the bias and their gradients may be Float32. Sums of 16-bit features are computed in
/// Float32, and a Float32 weight is rounded to the type of the features first. Results are rounded to nearest, ties to
/// even, and do not depend on the number of threads. A matrix that does not fit throws ArgumentException before
/// anything is written.
/// </para>
/// </summary>
public static unsafe class Convolution
{
    private const int Alignment = 64;

    /// <summary>The scratch memory that a pass over these channels needs, in bytes.</summary>
    public static long WorkspaceBytes(
        Rulebook rulebook,
        ConvolutionDirection direction,
        ConvolutionPass pass,
        long inChannels,
        long outChannels,
        ElementType elementType,
        long groups = 1
    )
    {
        ArgumentNullException.ThrowIfNull(rulebook);
        Checks.Defined(direction, nameof(direction));
        Checks.Defined(pass, nameof(pass));
        MatrixChecks.Channels(inChannels, nameof(inChannels));
        MatrixChecks.Channels(outChannels, nameof(outChannels));
        Checks.Defined(elementType, nameof(elementType));
        MatrixChecks.Groups(groups, inChannels, outChannels);
        return CheckedWorkspaceBytes(rulebook, direction, pass, inChannels, outChannels, elementType, groups);
    }

    /// <summary>
    /// Overwrites <paramref name="output"/> <c>[rows written, out]</c> with the convolution of <paramref name="input"/>
    /// <c>[rows read, in]</c> by <paramref name="weight"/> <c>[taps * in / groups, out]</c>, times
    /// <paramref name="scale"/> <c>[1, out]</c>, plus <paramref name="bias"/> <c>[1, out]</c> and <paramref name="residual"/> <c>[rows written, out]</c>, and then
    /// applies <paramref name="activation"/>. The convolution of a row without a pair is zero.
    /// </summary>
    public static void Forward(
        Rulebook rulebook,
        ConvolutionDirection direction,
        in MatrixView input,
        in MatrixView weight,
        MatrixView? bias,
        in MatrixView output,
        Workspace workspace = default,
        long groups = 1,
        MatrixView? scale = null,
        MatrixView? residual = null,
        Activation activation = Activation.Identity
    )
    {
        var checks = new MatrixChecks(rulebook, direction, input.ElementType);
        Checks.Defined(activation, nameof(activation));
        checks.Fit(input, checks.RowsRead, input.Columns, nameof(input));
        MatrixChecks.Groups(groups, input.Columns, weight.Columns);
        checks.FitParameter(weight, checks.WeightRows(input.Columns, groups), weight.Columns, nameof(weight));
        checks.Fit(output, checks.RowsWritten, weight.Columns, nameof(output));
        if (scale is { } factors)
        {
            checks.FitParameter(factors, 1, weight.Columns, nameof(scale));
        }

        if (bias is { } given)
        {
            checks.FitParameter(given, 1, weight.Columns, nameof(bias));
        }

        if (residual is { } added)
        {
            checks.Fit(added, checks.RowsWritten, weight.Columns, nameof(residual));
        }

        var (scaleView, biasView) = (scale.GetValueOrDefault(), bias.GetValueOrDefault());
        var residualView = residual.GetValueOrDefault();
        var bytes = CheckedWorkspaceBytes(
            rulebook,
            direction,
            ConvolutionPass.Forward,
            input.Columns,
            weight.Columns,
            input.ElementType,
            groups
        );
        using var scratch = new Scratch(workspace, rulebook.Device, bytes);
        Native
            .spc_convolution_forward(
                rulebook.Handle,
                direction,
                groups,
                in input,
                in weight,
                scale is null ? null : &scaleView,
                bias is null ? null : &biasView,
                residual is null ? null : &residualView,
                activation,
                scratch.Data,
                scratch.Bytes,
                Native.DefaultStream,
                in output
            )
            .ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="gradInput"/> <c>[rows read, in]</c> with the gradient of the input, from
    /// <paramref name="gradOutput"/> <c>[rows written, out]</c> and <paramref name="weight"/>
    /// <c>[taps * in / groups, out]</c>.
    /// </summary>
    public static void BackwardInput(
        Rulebook rulebook,
        ConvolutionDirection direction,
        in MatrixView gradOutput,
        in MatrixView weight,
        in MatrixView gradInput,
        Workspace workspace = default,
        long groups = 1
    )
    {
        var checks = new MatrixChecks(rulebook, direction, gradOutput.ElementType);
        checks.Fit(gradOutput, checks.RowsWritten, gradOutput.Columns, nameof(gradOutput));
        checks.Fit(gradInput, checks.RowsRead, gradInput.Columns, nameof(gradInput));
        MatrixChecks.Groups(groups, gradInput.Columns, gradOutput.Columns);
        checks.FitParameter(weight, checks.WeightRows(gradInput.Columns, groups), gradOutput.Columns, nameof(weight));
        var bytes = CheckedWorkspaceBytes(
            rulebook,
            direction,
            ConvolutionPass.BackwardInput,
            gradInput.Columns,
            gradOutput.Columns,
            gradOutput.ElementType,
            groups
        );
        using var scratch = new Scratch(workspace, rulebook.Device, bytes);
        Native
            .spc_convolution_backward_input(
                rulebook.Handle,
                direction,
                groups,
                in gradOutput,
                in weight,
                scratch.Data,
                scratch.Bytes,
                Native.DefaultStream,
                in gradInput
            )
            .ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="gradWeight"/> <c>[taps * in / groups, out]</c> and, where it is given,
    /// <paramref name="gradBias"/> <c>[1, out]</c> with the gradients of weight and bias, from <paramref name="input"/>
    /// <c>[rows read, in]</c> and <paramref name="gradOutput"/> <c>[rows written, out]</c>.
    /// </summary>
    public static void BackwardWeight(
        Rulebook rulebook,
        ConvolutionDirection direction,
        in MatrixView input,
        in MatrixView gradOutput,
        in MatrixView gradWeight,
        MatrixView? gradBias,
        Workspace workspace = default,
        long groups = 1
    )
    {
        var checks = new MatrixChecks(rulebook, direction, input.ElementType);
        checks.Fit(input, checks.RowsRead, input.Columns, nameof(input));
        checks.Fit(gradOutput, checks.RowsWritten, gradOutput.Columns, nameof(gradOutput));
        MatrixChecks.Groups(groups, input.Columns, gradOutput.Columns);
        var weightRows = checks.WeightRows(input.Columns, groups);
        checks.FitParameter(gradWeight, weightRows, gradOutput.Columns, nameof(gradWeight));
        if (gradBias is { } given)
        {
            checks.FitParameter(given, 1, gradOutput.Columns, nameof(gradBias));
        }

        var biasView = gradBias.GetValueOrDefault();
        var bytes = CheckedWorkspaceBytes(
            rulebook,
            direction,
            ConvolutionPass.BackwardWeight,
            input.Columns,
            gradOutput.Columns,
            input.ElementType,
            groups
        );
        using var scratch = new Scratch(workspace, rulebook.Device, bytes);
        Native
            .spc_convolution_backward_weight(
                rulebook.Handle,
                direction,
                groups,
                in input,
                in gradOutput,
                scratch.Data,
                scratch.Bytes,
                Native.DefaultStream,
                in gradWeight,
                gradBias is null ? null : &biasView
            )
            .ThrowIfFailed();
    }

    private static long CheckedWorkspaceBytes(
        Rulebook rulebook,
        ConvolutionDirection direction,
        ConvolutionPass pass,
        long inChannels,
        long outChannels,
        ElementType elementType,
        long groups
    )
    {
        Native
            .spc_convolution_workspace(
                rulebook.Handle,
                direction,
                pass,
                groups,
                inChannels,
                outChannels,
                elementType,
                out var bytes
            )
            .ThrowIfFailed();
        return bytes;
    }

    // The caller's workspace, or native memory rented for one call.
    private readonly ref struct Scratch
    {
        private readonly void* _rented;

        internal Scratch(Workspace workspace, int device, long bytes)
        {
            if (workspace == default && device != Native.Cpu)
            {
                if (bytes > 0)
                {
                    throw new ArgumentException(
                        $"workspace is not given, must have {bytes} bytes on {Checks.DeviceName(device)}.",
                        nameof(workspace)
                    );
                }

                return;
            }
            if (workspace == default)
            {
                Bytes = Math.Max(bytes, Alignment);
                _rented = NativeMemory.AlignedAlloc(checked((nuint)Bytes), Alignment);
                Data = (nint)_rented;
                return;
            }
            if (workspace.Bytes < bytes)
            {
                throw new ArgumentException(
                    $"workspace has {workspace.Bytes} bytes, must have {bytes} or more.",
                    nameof(workspace)
                );
            }

            if (workspace.Data == 0 || workspace.Data % Alignment != 0)
            {
                throw new ArgumentException(
                    $"workspace is at address {workspace.Data}, must be a multiple of {Alignment}.",
                    nameof(workspace)
                );
            }

            Data = workspace.Data;
            Bytes = workspace.Bytes;
        }

        internal nint Data { get; }

        internal long Bytes { get; }

        public void Dispose() => NativeMemory.AlignedFree(_rented);
    }
}

/// <summary>Which way a rulebook is run.</summary>
public enum ConvolutionDirection
{
    /// <summary>Reads fine rows and writes coarse rows: a convolution.</summary>
    FineToCoarse,

    /// <summary>Reads coarse rows and writes fine rows: a transposed convolution.</summary>
    CoarseToFine,
}

/// <summary>One of the three computations of a convolution.</summary>
public enum ConvolutionPass
{
    /// <summary>The output from input and weight.</summary>
    Forward,

    /// <summary>The gradient of the input from the gradient of the output and the weight.</summary>
    BackwardInput,

    /// <summary>The gradients of weight and bias from the input and the gradient of the output.</summary>
    BackwardWeight,
}

/// <summary>The function that a convolution or a norm applies last to each value it writes.</summary>
public enum Activation
{
    /// <summary>None: values stay as they are.</summary>
    Identity,

    /// <summary>Values below zero become zero; not-a-number stays.</summary>
    Relu,
}
