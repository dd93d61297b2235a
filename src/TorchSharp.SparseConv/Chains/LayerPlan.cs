using TorchSharp.Modules;

namespace TorchSharp.SparseConv;

/// <summary>
/// A chain of layers as a list of steps, compiled once from modules. It alone decides what is computed in one pass,
/// what is overwritten, what is computed again in backward, and where each tensor is disposed; LayerPlan.Run.cs is how.
/// </summary>
/// <remarks>The steps are plain data, so that a chain can be written to a file.</remarks>
internal sealed partial class LayerPlan
{
    private LayerPlan(IReadOnlyList<PlanStep> steps, LayerPlan? shortcut = null) =>
        (Steps, Shortcut) = (steps, shortcut);

    internal IReadOnlyList<PlanStep> Steps { get; }

    /// <summary>
    /// Steps from the plan's input to what its last step adds, none of them where that is the input itself; null for a
    /// plan without a residual.
    /// </summary>
    internal LayerPlan? Shortcut { get; }

    /// <summary>Whether a convolution and what follows it may run in one call, whose rounding differs.</summary>
    internal bool IsFused { get; set; }

    /// <summary>Modules in a row.</summary>
    internal static LayerPlan OfModules(IReadOnlyList<torch.nn.Module> modules, bool fused = false) =>
        new(Compile(modules)) { IsFused = fused };

    /// <summary>Steps that the caller puts together.</summary>
    internal static LayerPlan OfSteps(IReadOnlyList<PlanStep> steps) => new(steps);

    /// <summary>
    /// Modules in a row, of which the last are a batch norm and a ReLU: the projection of the input, or the input
    /// itself where there is none, is added between these two.
    /// </summary>
    internal static LayerPlan OfResidual(
        IReadOnlyList<torch.nn.Module> modules,
        torch.nn.Module<SparseTensor, SparseTensor>? projection
    )
    {
        var steps = Compile(modules);
        ((LayerStep)steps[^1]).AddsShortcut = true;
        return new LayerPlan(steps, new LayerPlan(projection is null ? [] : [new ModuleStep(projection)]));
    }

    private static List<PlanStep> Compile(IReadOnlyList<torch.nn.Module> modules)
    {
        var steps = new List<PlanStep>();
        for (var i = 0; i < modules.Count; )
        {
            var start = i;
            var convolution = modules[i] as SparseConvolution;
            i += convolution is null ? 0 : 1;
            var norm = i < modules.Count && BatchNormState.Of(modules[i]) is not null ? modules[i++] : null;
            var activation = i > start && i < modules.Count ? modules[i] as ReLU : null;
            i += activation is null ? 0 : 1;
            steps.Add(i > start ? new LayerStep(convolution, norm, activation) : new ModuleStep(modules[i++]));
        }

        return steps;
    }
}

/// <summary>A module that runs on a plan, so that a plan that it is part of runs its steps.</summary>
internal interface IPlanned
{
    LayerPlan Plan { get; }

    /// <summary>
    /// Whether residual blocks of the plan run again in backward instead of keeping what lies between.
    /// </summary>
    bool checkpointing => false;
}

/// <summary>One step of a plan.</summary>
internal abstract class PlanStep;

/// <summary>Remembers the tensor that it is given, for the JoinStep that comes for it, and passes it on.</summary>
internal sealed class KeepStep : PlanStep;

/// <summary>Puts the channels of the tensor that was kept last behind those of the tensor that it is given.</summary>
internal sealed class JoinStep : PlanStep;

/// <summary>Any module: a sparse one on the tensor, a dense one on its features.</summary>
internal sealed class ModuleStep(torch.nn.Module module) : PlanStep
{
    internal torch.nn.Module Module { get; } = module;
}

/// <summary>
/// A convolution, a batch norm, a residual and a ReLU, in this order. Any may be missing, but not both of the first
/// two.
/// </summary>
internal sealed class LayerStep(SparseConvolution? convolution, torch.nn.Module? norm, ReLU? activation) : PlanStep
{
    internal SparseConvolution? Convolution { get; } = convolution;

    /// <summary>A SparseBatchNorm or a BatchNorm1d.</summary>
    internal torch.nn.Module? Norm { get; } = norm;

    /// <summary>Whether the plan's shortcut is added before the activation.</summary>
    internal bool AddsShortcut { get; set; }

    internal ReLU? Activation { get; } = activation;

    /// <summary>
    /// Whether one call of the engine computes the whole for these features and what the modules hold now: outside of
    /// autograd, by running statistics, with nothing that watches a module between.
    /// </summary>
    internal bool IsOneCall(torch.Tensor features) =>
        Convolution is not null
        && (Norm ?? Activation) is not null
        && !torch.is_grad_enabled()
        && (Norm is null || BatchNormState.Of(Norm)!.CanFollow(Convolution, features))
        && !new[] { Convolution, Norm, Activation }.OfType<torch.nn.Module>().Any(ModuleHooks.Any);
}
