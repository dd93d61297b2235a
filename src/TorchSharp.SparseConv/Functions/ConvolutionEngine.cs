using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>The three passes of a convolution on tensors. Results belong to the caller's dispose scope.</summary>
internal static class ConvolutionEngine
{
    /// <summary>[in rows, in] to [out rows, out], onto the residual [out rows, out] where there is one.</summary>
    internal static torch.Tensor Forward(
        ConvolutionCall call,
        torch.Tensor features,
        torch.Tensor weight,
        torch.Tensor? bias,
        torch.Tensor? residual = null,
        Activation activation = Activation.Identity
    )
    {
        var input = TensorMemory.Contiguous(features);
        var kernel = TensorMemory.Contiguous(weight);
        var offset = bias is null ? null : TensorMemory.Contiguous(bias);
        var shortcut = residual is null ? null : TensorMemory.Contiguous(residual);
        var output = TorchSharpNative.Empty(new[] { call.OutRows, call.OutChannels }, features.dtype, features.device);
        var scratch = Scratch(call, ConvolutionPass.Forward, input);
        Convolution.Forward(
            call.Rulebook,
            call.Direction,
            Input(call, input),
            Weight(call, kernel),
            offset is null ? null : Bias(call, offset),
            Output(call, output),
            TensorMemory.Scratch(scratch, nameof(scratch)),
            groups: call.Groups,
            residual: shortcut is null ? null : Output(call, shortcut),
            activation: activation
        );
        GC.KeepAlive(input);
        GC.KeepAlive(kernel);
        GC.KeepAlive(offset);
        GC.KeepAlive(shortcut);
        GC.KeepAlive(scratch);
        GC.KeepAlive(output);
        return output;
    }

    /// <summary>The gradient of the features, [in rows, in].</summary>
    internal static torch.Tensor BackwardInput(ConvolutionCall call, torch.Tensor gradient, torch.Tensor weight)
    {
        var kernel = TensorMemory.Contiguous(weight);
        var result = TorchSharpNative.Empty(new[] { call.InRows, call.InChannels }, gradient.dtype, gradient.device);
        var scratch = Scratch(call, ConvolutionPass.BackwardInput, gradient);
        Convolution.BackwardInput(
            call.Rulebook,
            call.Direction,
            Output(call, gradient),
            Weight(call, kernel),
            Input(call, result),
            TensorMemory.Scratch(scratch, nameof(scratch)),
            groups: call.Groups
        );
        GC.KeepAlive(gradient);
        GC.KeepAlive(kernel);
        GC.KeepAlive(scratch);
        GC.KeepAlive(result);
        return result;
    }

    /// <summary>The gradients of the weight, [taps, in / groups, out], and of the bias, [out], where there is one.</summary>
    internal static (torch.Tensor Weight, torch.Tensor? Bias) BackwardWeight(
        ConvolutionCall call,
        torch.Tensor features,
        torch.Tensor gradient
    )
    {
        var input = TensorMemory.Contiguous(features);
        var weight = TorchSharpNative.Empty(call.WeightShape, call.Types.Weight, gradient.device);
        var bias = call.Needs.Bias
            ? TorchSharpNative.Empty(new[] { call.OutChannels }, call.Types.Bias, gradient.device)
            : null;
        var scratch = Scratch(call, ConvolutionPass.BackwardWeight, input);
        Convolution.BackwardWeight(
            call.Rulebook,
            call.Direction,
            Input(call, input),
            Output(call, gradient),
            Weight(call, weight),
            bias is null ? null : Bias(call, bias),
            TensorMemory.Scratch(scratch, nameof(scratch)),
            groups: call.Groups
        );
        GC.KeepAlive(input);
        GC.KeepAlive(gradient);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(scratch);
        return (weight, bias);
    }

    // On a CUDA device torch's allocator owns it, which gives it out again only in the order of the stream.
    private static torch.Tensor? Scratch(ConvolutionCall call, ConvolutionPass pass, torch.Tensor beside) =>
        call.Rulebook.Device < 0
            ? null
            : TensorMemory.CreateScratch(
                Convolution.WorkspaceBytes(
                    call.Rulebook,
                    call.Direction,
                    pass,
                    call.InChannels,
                    call.OutChannels,
                    TensorMemory.Element(beside.dtype, nameof(beside)),
                    call.Groups
                ),
                beside
            );

    private static MatrixView Input(ConvolutionCall call, torch.Tensor features) =>
        TensorMemory.Matrix(features, call.InRows, call.InChannels, nameof(features));

    private static MatrixView Output(ConvolutionCall call, torch.Tensor output) =>
        TensorMemory.Matrix(output, call.OutRows, call.OutChannels, nameof(output));

    private static MatrixView Weight(ConvolutionCall call, torch.Tensor weight) =>
        TensorMemory.Matrix(
            weight,
            checked(call.Taps * (call.InChannels / call.Groups)),
            call.OutChannels,
            nameof(weight)
        );

    private static MatrixView Bias(ConvolutionCall call, torch.Tensor bias) =>
        TensorMemory.Matrix(bias, 1, call.OutChannels, nameof(bias));
}
