using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>The two passes of interpolation and splatting on tensors. Results belong to the caller's dispose scope.</summary>
internal static class InterpolationEngine
{
    /// <summary>A tensor for what the gradient needs, int32 [out rows, C], or null where it needs nothing.</summary>
    internal static torch.Tensor? CreateSaved(InterpolationCall call, torch.Device device) =>
        call.Kind == SplatKind.Max
            ? TorchSharpNative.Empty(new[] { call.OutRows, call.Channels }, torch.ScalarType.Int32, device)
            : null;

    /// <summary>[in rows, C] to [out rows, C]; writes saved where it is given.</summary>
    internal static torch.Tensor Forward(InterpolationCall call, torch.Tensor features, torch.Tensor? saved)
    {
        var input = TensorMemory.Contiguous(features);
        var output = TorchSharpNative.Empty(new[] { call.OutRows, call.Channels }, features.dtype, features.device);
        if (call.Channels == 0)
        {
            return output;
        }

        var read = TensorMemory.Matrix(input, call.InRows, call.Channels, nameof(features));
        var written = TensorMemory.Matrix(output, call.OutRows, call.Channels, nameof(output));
        if (call.Kind is { } kind)
        {
            Interpolation.Splat(call.Links, kind, read, written, TensorMemory.Int32(saved, nameof(saved)));
        }
        else
        {
            Interpolation.Forward(call.Links, read, written);
        }

        GC.KeepAlive(input);
        GC.KeepAlive(output);
        GC.KeepAlive(saved);
        return output;
    }

    /// <summary>The gradient of the features, [in rows, C].</summary>
    internal static torch.Tensor Backward(InterpolationCall call, torch.Tensor gradient, torch.Tensor? saved)
    {
        var result = TorchSharpNative.Empty(new[] { call.InRows, call.Channels }, gradient.dtype, gradient.device);
        if (call.Channels == 0)
        {
            return result;
        }

        var read = TensorMemory.Matrix(gradient, call.OutRows, call.Channels, nameof(gradient));
        var written = TensorMemory.Matrix(result, call.InRows, call.Channels, nameof(result));
        if (call.Kind is { } kind)
        {
            Interpolation.SplatBackward(call.Links, kind, read, written, TensorMemory.Int32(saved, nameof(saved)));
        }
        else
        {
            Interpolation.Backward(call.Links, read, written);
        }

        GC.KeepAlive(gradient);
        GC.KeepAlive(result);
        GC.KeepAlive(saved);
        return result;
    }
}
