using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A sparse convolution: features [in rows, in] to [out rows, out], with weight [taps, in / groups, out] and bias
/// [out]. Where no gradient is wanted it can scale the sums by [out] before the bias is added, add a residual
/// [out rows, out] and rectify in the same pass.
/// </summary>
internal sealed class ConvolutionOp : Operation<ConvolutionOp>
{
    private readonly Rulebook _rulebook;
    private readonly ConvolutionDirection _direction;
    private readonly long _inChannels;
    private readonly long _outChannels;
    private readonly long _groups;
    private readonly Recomputation? _recomputation;
    private readonly Input _features;
    private readonly Input _weight;
    private readonly Input _bias;
    private readonly Input _scale;
    private readonly Input _residual;
    private readonly Activation _activation;
    private readonly Saved _savedWeight;
    private readonly Saved[] _savedFeatures;

    /// <summary>
    /// With a recomputation, Backward keeps what the features were made from and makes them again. A scale, a residual
    /// and an activation have no gradient.
    /// </summary>
    internal ConvolutionOp(
        Rulebook rulebook,
        ConvolutionDirection direction,
        long groups,
        torch.Tensor features,
        torch.Tensor weight,
        torch.Tensor? bias,
        Recomputation? recomputation = null,
        torch.Tensor? scale = null,
        torch.Tensor? residual = null,
        Activation activation = Activation.Identity
    )
    {
        (_rulebook, _direction, _groups, _activation) = (rulebook, direction, groups, activation);
        (_inChannels, _outChannels) = (features.shape[1], weight.shape[2]);
        _recomputation = recomputation;
        _features = Reads(features);
        _weight = Reads(weight);
        _bias = Reads(bias);
        _scale = Reads(scale);
        _residual = Reads(residual);
        _savedWeight = Saves();
        _savedFeatures = [.. Enumerable.Range(0, recomputation?.Ingredients.Count ?? 1).Select(_ => Saves())];
    }

    private long InRows => (_direction == ConvolutionDirection.FineToCoarse ? _rulebook.Fine : _rulebook.Coarse).Rows;

    private long OutRows => (_direction == ConvolutionDirection.FineToCoarse ? _rulebook.Coarse : _rulebook.Fine).Rows;

    private long WeightRows => checked(_rulebook.Taps * (_inChannels / _groups));

    protected override torch.Tensor Forward()
    {
        var (features, weight) = (_features.Tensor!, _weight.Tensor!);
        var output = TorchSharpNative.Empty(new[] { OutRows, _outChannels }, features.dtype, features.device);
        using var memory = new BorrowedMemory();
        Core.Convolution.Forward(
            _rulebook,
            _direction,
            memory.Read(features, InRows, _inChannels, nameof(features)),
            memory.Read(weight, WeightRows, _outChannels, nameof(weight)),
            _bias.Tensor is { } bias ? memory.Read(bias, 1, _outChannels, nameof(bias)) : null,
            memory.Matrix(output, OutRows, _outChannels, nameof(output)),
            Scratch(memory, ConvolutionPass.Forward, features),
            groups: _groups,
            scale: _scale.Tensor is { } factors ? memory.Read(factors, 1, _outChannels, "scale") : null,
            residual: _residual.Tensor is { } added ? memory.Read(added, OutRows, _outChannels, "residual") : null,
            activation: _activation
        );

        // Each is needed for the gradient of the other.
        _savedWeight.Tensor = _features.NeedsGradient ? weight : null;
        if (_weight.NeedsGradient)
        {
            foreach (var (saved, tensor) in _savedFeatures.Zip(_recomputation?.Ingredients ?? [features]))
            {
                saved.Tensor = tensor;
            }
        }

        return output;
    }

    protected override void Backward(torch.Tensor gradient)
    {
        if (_weight.NeedsGradient)
        {
            DifferentiateWeight(gradient);
        }
        else if (_bias.NeedsGradient)
        {
            _bias.Gradient = Precision.As(NormOp.ColumnSums(gradient), _bias.Type!.Value);
        }

        if (_features.NeedsGradient)
        {
            DifferentiateFeatures(gradient);
        }
    }

    // What is computed again goes before the gradient of the features comes.
    private void DifferentiateWeight(torch.Tensor gradient)
    {
        using var scope = torch.NewDisposeScope();
        using var memory = new BorrowedMemory();
        var features =
            _recomputation?.Make([.. _savedFeatures.Select(saved => saved.Tensor)]) ?? _savedFeatures[0].Tensor!;
        var weight = TorchSharpNative.Empty(_weight.Shape, _weight.Type!.Value, gradient.device);
        var bias = _bias.NeedsGradient ? TorchSharpNative.Empty(_bias.Shape, _bias.Type!.Value, gradient.device) : null;
        Core.Convolution.BackwardWeight(
            _rulebook,
            _direction,
            memory.Read(features, InRows, _inChannels, nameof(features)),
            memory.Matrix(gradient, OutRows, _outChannels, nameof(gradient)),
            memory.Matrix(weight, WeightRows, _outChannels, nameof(weight)),
            bias is null ? null : memory.Matrix(bias, 1, _outChannels, nameof(bias)),
            Scratch(memory, ConvolutionPass.BackwardWeight, features),
            groups: _groups
        );
        _weight.Gradient = weight.MoveToOuterDisposeScope();
        _bias.Gradient = bias?.MoveToOuterDisposeScope();
    }

    private void DifferentiateFeatures(torch.Tensor gradient)
    {
        var result = TorchSharpNative.Empty(_features.Shape, gradient.dtype, gradient.device);
        using var memory = new BorrowedMemory();
        Core.Convolution.BackwardInput(
            _rulebook,
            _direction,
            memory.Matrix(gradient, OutRows, _outChannels, nameof(gradient)),
            memory.Read(_savedWeight.Tensor!, WeightRows, _outChannels, "weight"),
            memory.Matrix(result, InRows, _inChannels, nameof(result)),
            Scratch(memory, ConvolutionPass.BackwardInput, gradient),
            groups: _groups
        );
        _features.Gradient = result;
    }

    // On a CUDA device torch's allocator owns it, which gives it out again only in the order of the stream.
    private Workspace Scratch(BorrowedMemory memory, ConvolutionPass pass, torch.Tensor beside)
    {
        if (_rulebook.Device < 0)
        {
            return default;
        }

        var element = TensorMemory.Element(beside.dtype, nameof(beside));
        var bytes = Core.Convolution.WorkspaceBytes(
            _rulebook,
            _direction,
            pass,
            _inChannels,
            _outChannels,
            element,
            _groups
        );
        return memory.Scratch(bytes, beside);
    }
}
