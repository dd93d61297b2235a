using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A pooling along a rulebook, and nearest up-sampling, which is one against its direction: features [in rows, C] to
/// [out rows, C].
/// </summary>
internal sealed class PoolingOp : Operation<PoolingOp>
{
    private readonly Rulebook _rulebook;
    private readonly ConvolutionDirection _direction;
    private readonly PoolingKind _kind;
    private readonly long _channels;
    private readonly bool _keepsRows;
    private readonly Input _features;
    private readonly Saved _choice;

    internal PoolingOp(
        Rulebook rulebook,
        ConvolutionDirection direction,
        PoolingKind kind,
        torch.Tensor features,
        bool keepsRows = false
    )
    {
        (_rulebook, _direction, _kind, _keepsRows) = (rulebook, direction, kind, keepsRows);
        _channels = features.shape[1];
        _features = Reads(features);
        _choice = Saves();
    }

    /// <summary>
    /// The row of each maximum, int32 [out rows, C], in the caller's scope: of a maximum that was run to keep them.
    /// </summary>
    internal torch.Tensor? Rows { get; private set; }

    private CoordinateMap From => _direction == ConvolutionDirection.FineToCoarse ? _rulebook.Fine : _rulebook.Coarse;

    private CoordinateMap To => _direction == ConvolutionDirection.FineToCoarse ? _rulebook.Coarse : _rulebook.Fine;

    protected override torch.Tensor Forward()
    {
        var features = _features.Tensor!;
        var choice = IsTracked || _keepsRows ? CreateChoice(features.device) : null;
        var output = TorchSharpNative.Empty(new[] { To.Rows, _channels }, features.dtype, features.device);
        using var memory = new BorrowedMemory();
        Core.Pooling.Forward(
            _rulebook,
            _direction,
            _kind,
            memory.Read(features, From.Rows, _channels, nameof(features)),
            memory.Matrix(output, To.Rows, _channels, nameof(output)),
            memory.Int32(choice, nameof(choice))
        );
        _choice.Tensor = choice;
        Rows = _keepsRows ? choice?.MoveToOuterDisposeScope() : null;
        return output;
    }

    protected override void Backward(torch.Tensor gradient)
    {
        var result = TorchSharpNative.Empty(_features.Shape, gradient.dtype, gradient.device);
        using var memory = new BorrowedMemory();
        Core.Pooling.Backward(
            _rulebook,
            _direction,
            _kind,
            memory.Matrix(gradient, To.Rows, _channels, nameof(gradient)),
            memory.Matrix(result, From.Rows, _channels, nameof(result)),
            memory.Int32(_choice.Tensor, "choice")
        );
        _features.Gradient = result;
    }

    /// <summary>
    /// What the gradient goes by: the row of each maximum [out rows, C], or the pairs of each mean [out rows].
    /// </summary>
    private torch.Tensor? CreateChoice(torch.Device device) =>
        _kind switch
        {
            PoolingKind.Max => TorchSharpNative.Empty(new[] { To.Rows, _channels }, torch.ScalarType.Int32, device),
            PoolingKind.Mean => TorchSharpNative.Empty(new[] { To.Rows }, torch.ScalarType.Int32, device),
            _ => null,
        };
}
