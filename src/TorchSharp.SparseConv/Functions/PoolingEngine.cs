using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>The two passes of pooling on tensors. Results belong to the caller's dispose scope.</summary>
internal static class PoolingEngine
{
    /// <summary>A tensor for what the gradient needs, or null where it needs nothing: [out rows, C] or [out rows].</summary>
    internal static torch.Tensor? CreateSaved(PoolingCall call, torch.Device device) =>
        call.Kind switch
        {
            PoolingKind.Max => TorchSharpNative.Empty(
                new[] { call.Output.Rows, call.Channels },
                torch.ScalarType.Int32,
                device
            ),
            PoolingKind.Mean => TorchSharpNative.Empty(new[] { call.Output.Rows }, torch.ScalarType.Int32, device),
            _ => null,
        };

    /// <summary>[in rows, C] to [out rows, C]; writes saved where it is given.</summary>
    internal static torch.Tensor Forward(PoolingCall call, torch.Tensor features, torch.Tensor? saved)
    {
        var input = TensorMemory.Contiguous(features);
        var output = TorchSharpNative.Empty(new[] { call.Output.Rows, call.Channels }, features.dtype, features.device);
        Pooling.Forward(
            call.Rulebook,
            call.Direction,
            call.Kind,
            TensorMemory.Matrix(input, call.Input.Rows, call.Channels, nameof(features)),
            TensorMemory.Matrix(output, call.Output.Rows, call.Channels, nameof(output)),
            TensorMemory.Int32(saved, nameof(saved))
        );
        GC.KeepAlive(input);
        GC.KeepAlive(output);
        GC.KeepAlive(saved);
        return output;
    }

    /// <summary>The gradient of the features, [in rows, C].</summary>
    internal static torch.Tensor Backward(PoolingCall call, torch.Tensor gradient, torch.Tensor? saved)
    {
        var result = TorchSharpNative.Empty(new[] { call.Input.Rows, call.Channels }, gradient.dtype, gradient.device);
        Pooling.Backward(
            call.Rulebook,
            call.Direction,
            call.Kind,
            TensorMemory.Matrix(gradient, call.Output.Rows, call.Channels, nameof(gradient)),
            TensorMemory.Matrix(result, call.Input.Rows, call.Channels, nameof(result)),
            TensorMemory.Int32(saved, nameof(saved))
        );
        GC.KeepAlive(gradient);
        GC.KeepAlive(result);
        GC.KeepAlive(saved);
        return result;
    }
}
