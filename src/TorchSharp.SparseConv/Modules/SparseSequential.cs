using System.Globalization;
using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Functions;

namespace TorchSharp.SparseConv;

/// <summary>
/// Modules in a row. Sparse modules take the sparse tensor; dense ones (BatchNorm1d, ReLU, Linear, ...) take its
/// features. Where those have 16 bits, a dense one with float32 parameters gets them as float32, and its result is
/// rounded back.
/// What lies between two modules is disposed, as in torch.nn.Sequential.
/// </summary>
public sealed class SparseSequential : torch.nn.Module<SparseTensor, SparseTensor>, IFusible, IConsumer
{
    private readonly List<torch.nn.Module> _modules = [];

    // By the place of the convolution, with the number of modules that each replaces.
    private readonly Dictionary<int, (ConvolutionUnit Unit, int Count)> _units = [];

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
        _units.Clear();
        return this;
    }

    /// <summary>Applies the modules in order.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Run(input, owned: false).WithoutRecipe();
    }

    SparseTensor IConsumer.Consume(SparseTensor input) => Run(input, owned: true);

    /// <summary>What call gives, for a module here.</summary>
    internal SparseTensor CallWithin(SparseTensor input) =>
        ModuleHooks.Any(this) ? call(input.WithoutRecipe()) : Run(input, owned: false);

    /// <summary>The modules' result plus the shortcut, which is asked for last, rectified.</summary>
    internal SparseTensor Join(SparseTensor input, Func<SparseTensor> shortcut)
    {
        using var scope = torch.NewDisposeScope();
        var last = _modules.Count - 1;
        if (ModuleHooks.Any(this) || BatchNormState.Of(_modules[last]) is null)
        {
            var result = call(input);
            var sum = result.features.add_(shortcut().features);
            return result.with_features(sum.relu_()).MoveToOuterDisposeScope();
        }

        var current = Run(input, owned: false, last);
        return NormPass
            .Run(_modules[last], current, Activation.Relu, IsFresh(last - 1), shortcut)
            .MoveToOuterDisposeScope();
    }

    private SparseTensor Run(SparseTensor input, bool owned) => Run(input, owned, _modules.Count);

    private SparseTensor Run(SparseTensor input, bool owned, int count)
    {
        var current = input;
        for (var i = 0; i < count; i++)
        {
            SparseTensor next;
            if (_units.TryGetValue(i, out var fused) && fused.Unit.IsActive)
            {
                next = fused.Unit.Infer(current);
                i += fused.Count - 1;
            }
            else if (NormPass.CanRun(_modules[i], current))
            {
                var rectifies = i + 1 < count && _modules[i + 1] is ReLU relu && !ModuleHooks.Any(relu);
                next = NormPass.Run(
                    _modules[i],
                    current,
                    rectifies ? Activation.Relu : Activation.Identity,
                    IsFresh(i - 1)
                );
                i += rectifies ? 1 : 0;
            }
            else if (
                _modules[i] is IConsumer and torch.nn.Module<SparseTensor, SparseTensor> consumer
                && IsOurs(current, input, owned)
            )
            {
                next = consumer.Consume(current);
            }
            else
            {
                next = Apply(_modules[i], IsFresh(i) ? current : current.WithoutRecipe());
            }

            Release(current, next, input, owned);
            current = next;
        }

        return current;
    }

    /// <summary>Whether nothing but this sequence sees what the module at a position takes and gives: a convolution without hooks.</summary>
    private bool IsFresh(int index) =>
        index >= 0 && _modules[index] is SparseConvolution convolution && !ModuleHooks.Any(convolution);

    /// <summary>Disposes what was read, unless it is the next module's input or belongs to the caller.</summary>
    private static void Release(SparseTensor read, SparseTensor next, SparseTensor input, bool owned)
    {
        if (IsOurs(read, input, owned) && !ReferenceEquals(read.features, next.features))
        {
            read.Dispose();
        }
    }

    // A module may give back what it was given.
    private static bool IsOurs(SparseTensor one, SparseTensor input, bool owned) =>
        owned || !ReferenceEquals(one.features, input.features);

    /// <summary>Convolutions that a norm, a ReLU or both follow.</summary>
    IEnumerable<ConvolutionUnit> IFusible.FindUnits()
    {
        for (var i = 0; i < _modules.Count; i++)
        {
            if (_units.ContainsKey(i) || _modules[i] is not SparseConvolution convolution)
            {
                continue;
            }

            var next = i + 1;
            var norm =
                next < _modules.Count && ConvolutionUnit.CanFold(convolution, _modules[next]) ? _modules[next++] : null;
            var rectifies = next < _modules.Count && _modules[next] is ReLU;
            next += rectifies ? 1 : 0;
            if (next > i + 1)
            {
                _units[i] = (new ConvolutionUnit(convolution, norm, rectifies), next - i);
                yield return _units[i].Unit;
            }
        }
    }

    /// <summary>A sparse module on the tensor, or a dense one on its features.</summary>
    internal static SparseTensor Apply(torch.nn.Module module, SparseTensor input) =>
        module switch
        {
            torch.nn.Module<SparseTensor, SparseTensor> sparse => sparse.call(input),
            Linear linear => input.with_features(Apply(linear, input)),
            _ => input.with_features(Apply((torch.nn.Module<torch.Tensor, torch.Tensor>)module, input.features)),
        };

    private static torch.Tensor Apply(Linear linear, SparseTensor input)
    {
        using var scope = torch.NewDisposeScope();
        var result = RowLinear.Run(linear, Precision.Widen(input.features), input);
        return Precision.As(result, input.features.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>A dense module, in float32 where its parameters are float32 beside 16-bit features.</summary>
    private static torch.Tensor Apply(torch.nn.Module<torch.Tensor, torch.Tensor> module, torch.Tensor features)
    {
        BatchNormState.Of(module)?.RequireRows(features);
        var type = features.dtype;
        if (!Precision.IsHalf(type) || module.parameters().All(one => one.dtype != torch.ScalarType.Float32))
        {
            return module.call(features);
        }

        using var scope = torch.NewDisposeScope();
        return Precision.As(module.call(Precision.Widen(features)), type).MoveToOuterDisposeScope();
    }
}
