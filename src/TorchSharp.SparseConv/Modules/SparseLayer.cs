using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv;

/// <summary>
/// A module that a <see cref="SparseSequential"/> can hold: one that takes sparse tensors, or one that takes tensors and
/// is applied to the features.
/// </summary>
[SuppressMessage("Usage", "CA2225", Justification = "The constructors are the named form of the conversions.")]
[SuppressMessage("Performance", "CA1815", Justification = "Only carries an argument.")]
public readonly struct SparseLayer
{
    /// <summary>A module that takes and gives sparse tensors.</summary>
    public SparseLayer(torch.nn.Module<SparseTensor, SparseTensor> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        Module = module;
    }

    /// <summary>A module that takes a matrix [N, C] and gives one with as many rows.</summary>
    public SparseLayer(torch.nn.Module<torch.Tensor, torch.Tensor> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        Module = module;
    }

    /// <summary>The module itself.</summary>
    public torch.nn.Module Module { get; }

    /// <summary>Wraps a sparse module.</summary>
    public static implicit operator SparseLayer(torch.nn.Module<SparseTensor, SparseTensor> module) => new(module);

    /// <summary>Wraps a dense module.</summary>
    public static implicit operator SparseLayer(torch.nn.Module<torch.Tensor, torch.Tensor> module) => new(module);
}
