using System.Diagnostics.CodeAnalysis;
using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;
    private readonly long _padding_idx;
    private readonly double? _max_norm;
    private readonly double _norm_type;
    private readonly bool _scale_grad_by_freq;
    private readonly bool _sparse;

    internal Embedding(
        Parameter weight,
        long? padding_idx,
        double? max_norm,
        double norm_type,
        bool scale_grad_by_freq,
        bool sparse
    )
        : base(nameof(Embedding))
    {
        this.weight = weight;
        _padding_idx = padding_idx is < 0 ? padding_idx.Value + weight.shape[0] : padding_idx ?? -1;
        _max_norm = max_norm;
        _norm_type = norm_type;
        _scale_grad_by_freq = scale_grad_by_freq;
        _sparse = sparse;
    }

    [DisallowNull]
    public Parameter? weight
    {
        get => _weight;
        set => SetParameter(ref _weight, value, nameof(weight));
    }

    public override Tensor forward(Tensor input)
    {
        if (_max_norm is { } limit)
        {
            using (no_grad())
            {
                Aten.Call("embedding_renorm_", weight, input, limit, _norm_type).Dispose();
            }
        }

        return Aten.Call("embedding", weight, input, _padding_idx, _scale_grad_by_freq, _sparse);
    }
}
