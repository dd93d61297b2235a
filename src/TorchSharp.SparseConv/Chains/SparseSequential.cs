using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TorchSharp.SparseConv;

/// <summary>
/// Modules in a row. Sparse modules take the sparse tensor; dense ones (BatchNorm1d, ReLU, Linear, ...) take its
/// features. Where those have 16 bits, a dense one with float32 parameters gets them as float32, and its result is
/// rounded back.
/// What lies between two modules is disposed, as in torch.nn.Sequential.
/// </summary>
public sealed class SparseSequential : torch.nn.Module<SparseTensor, SparseTensor>, IPlanned
{
    private readonly List<torch.nn.Module> _modules = [];
    private LayerPlan _plan = LayerPlan.OfModules([]);

    /// <summary>Modules named "0", "1", ...</summary>
    public SparseSequential(params SparseLayer[] modules)
        : base(nameof(SparseSequential))
    {
        ArgumentNullException.ThrowIfNull(modules);
        foreach (var module in modules)
        {
            append(module);
        }
    }

    /// <summary>Modules with names, which state_dict uses.</summary>
    public SparseSequential(params (string name, SparseLayer module)[] modules)
        : base(nameof(SparseSequential))
    {
        ArgumentNullException.ThrowIfNull(modules);
        foreach (var (name, module) in modules)
        {
            append(name, module);
        }
    }

    /// <summary>No modules yet.</summary>
    public SparseSequential()
        : base(nameof(SparseSequential)) { }

    LayerPlan IPlanned.Plan => _plan;

    /// <summary>The number of modules.</summary>
    public int Count => _modules.Count;

    /// <summary>The module at a position.</summary>
    public torch.nn.Module this[int index] => _modules[index];

    /// <summary>Adds a module under the next number, and returns this.</summary>
    public SparseSequential append(SparseLayer module) =>
        append(_modules.Count.ToString(CultureInfo.InvariantCulture), module);

    /// <summary>Adds a module under a name, and returns this.</summary>
    public SparseSequential append(string name, SparseLayer module)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (module.Module is null)
        {
            throw new ArgumentException($"module '{name}' is empty, must hold a module.", nameof(module));
        }

        register_module(name, module.Module);
        _modules.Add(module.Module);
        _plan = LayerPlan.OfModules(_modules, _plan.IsFused);
        return this;
    }

    /// <summary>Applies the modules in order.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _plan.Run(input);
    }
}

/// <summary>
/// A module that a <see cref="SparseSequential"/> can hold: one that takes sparse tensors, or one that takes tensors
/// and is applied to the features.
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

/// <content>Modules in a row.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Sparse and dense modules in a row; see <see cref="SparseConv.SparseSequential"/>.</summary>
        public static SparseSequential SparseSequential(params SparseLayer[] modules) => new(modules);

        /// <summary>Named sparse and dense modules in a row; see <see cref="SparseConv.SparseSequential"/>.</summary>
        public static SparseSequential SparseSequential(params (string name, SparseLayer module)[] modules) =>
            new(modules);

        /// <summary>A row without modules, to append to.</summary>
        public static SparseSequential SparseSequential() => new();
    }
}
