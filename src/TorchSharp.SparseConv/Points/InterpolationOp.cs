using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Interpolation from voxels to points, and splatting from points to voxels: [in rows, C] to [out rows, C].
/// </summary>
internal sealed class InterpolationOp : Operation<InterpolationOp>
{
    private readonly PointLinks _links;
    private readonly SplatKind? _kind;
    private readonly long _channels;
    private readonly Input _features;
    private readonly Saved _maxima;

    private InterpolationOp(PointLinks links, SplatKind? kind, torch.Tensor features)
    {
        (_links, _kind, _channels) = (links, kind, features.shape[1]);
        _features = Reads(features);
        _maxima = Saves();
    }

    private long InRows => _kind is null ? _links.Rows : _links.Points;

    private long OutRows => _kind is null ? _links.Points : _links.Rows;

    /// <summary>[rows, C] to [points, C].</summary>
    internal static torch.Tensor Interpolate(PointLinks links, torch.Tensor features) =>
        new InterpolationOp(links, kind: null, features).Run();

    /// <summary>[points, C] to [rows, C].</summary>
    internal static torch.Tensor Splat(PointLinks links, SplatKind kind, torch.Tensor features) =>
        new InterpolationOp(links, kind, features).Run();

    protected override torch.Tensor Forward()
    {
        var features = _features.Tensor!;
        var output = TorchSharpNative.Empty(new[] { OutRows, _channels }, features.dtype, features.device);
        if (_channels == 0)
        {
            return output;
        }

        // int32 [out rows, C]: the point of each maximum.
        var maxima =
            IsTracked && _kind == SplatKind.Max
                ? TorchSharpNative.Empty(new[] { OutRows, _channels }, torch.ScalarType.Int32, features.device)
                : null;
        using var memory = new BorrowedMemory();
        var from = memory.Read(features, InRows, _channels, nameof(features));
        var to = memory.Matrix(output, OutRows, _channels, nameof(output));
        if (_kind is { } kind)
        {
            Interpolation.Splat(_links, kind, from, to, memory.Int32(maxima, nameof(maxima)));
        }
        else
        {
            Interpolation.Forward(_links, from, to);
        }

        _maxima.Tensor = maxima;
        return output;
    }

    protected override void Backward(torch.Tensor gradient)
    {
        var result = TorchSharpNative.Empty(_features.Shape, gradient.dtype, gradient.device);
        _features.Gradient = result;
        if (_channels == 0)
        {
            return;
        }

        using var memory = new BorrowedMemory();
        var from = memory.Matrix(gradient, OutRows, _channels, nameof(gradient));
        var to = memory.Matrix(result, InRows, _channels, nameof(result));
        if (_kind is { } kind)
        {
            Interpolation.SplatBackward(_links, kind, from, to, memory.Int32(_maxima.Tensor, "maxima"));
        }
        else
        {
            Interpolation.Backward(_links, from, to);
        }
    }
}
