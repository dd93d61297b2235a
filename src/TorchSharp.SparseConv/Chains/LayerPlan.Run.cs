using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

internal sealed partial class LayerPlan
{
    /// <summary>The result of all steps for a tensor of the caller's, who keeps it.</summary>
    internal SparseTensor Run(SparseTensor input, bool checkpointing = false) =>
        Run(new Flow(input, IsOurs: false), checkpointing).Show();

    /// <summary>The result of all steps; with checkpointing residual blocks run again in backward.</summary>
    private Flow Run(Flow input, bool checkpointing = false)
    {
        // The shortcut reads the input once more.
        var current = Shortcut is null ? input : input with { IsOurs = false };
        var kept = new Stack<Flow>();
        foreach (var step in Steps)
        {
            switch (step)
            {
                case KeepStep:
                    kept.Push(current);
                    current = current with { IsOurs = false };
                    break;
                case JoinStep:
                    current = Join(current, kept.Pop());
                    break;
                case ModuleStep other:
                    current = Call(other.Module, current, checkpointing);
                    break;
                case LayerStep layer:
                    current = Compute(layer, current, input);
                    break;
            }

            // A module may give back what the plan was given.
            if (!input.IsOurs && current.Has(input.Tensor.features))
            {
                current = current with { IsOurs = false };
            }
        }

        return current;
    }

    private Flow Compute(LayerStep step, Flow current, Flow input)
    {
        if (IsFused && step.IsOneCall(current.Tensor.features))
        {
            var shortcut = step.AddsShortcut ? Shortcut!.Run(input) : default;
            var result = step.Convolution!.Infer(
                current.Tensor,
                BatchNormState.Of(step.Norm),
                shortcut.Tensor?.features,
                step.Activation is null ? Activation.Identity : Activation.Relu
            );
            current.Dispose();
            shortcut.Dispose();
            return new Flow(result, IsOurs: true);
        }

        var watched = step.Convolution is null || ModuleHooks.Any(step.Convolution);
        if (step.Convolution is { } convolution)
        {
            current = Convolve(convolution, current, watched);
        }

        if (step.Norm is null)
        {
            return step.Activation is null ? current : Call(step.Activation, current);
        }

        return CanRunInOnePass(step.Norm, current.Tensor)
            ? Normalize(step, current, input, mayOverwrite: !watched)
            : NormalizeOneByOne(step, current, input);
    }

    private static Flow Convolve(SparseConvolution convolution, Flow input, bool watched)
    {
        var output = watched ? convolution.call(input.Show()) : convolution.Convolve(input.Tensor, input.Usable);
        return Next(input, output);
    }

    private static bool CanRunInOnePass(torch.nn.Module norm, SparseTensor input) =>
        BatchNormState.Of(norm) is { } state
        && state.Fits(input.features)
        && state.HasTypeOf(input.features)
        && !ModuleHooks.Any(norm);

    /// <summary>The norm, the shortcut, which is computed last, and the ReLU in one pass over the rows.</summary>
    private Flow Normalize(LayerStep step, Flow current, Flow input, bool mayOverwrite)
    {
        var rectifies = step.Activation is { } relu && !ModuleHooks.Any(relu);
        var shortcut = step.AddsShortcut ? Shortcut!.Run(input) : default;
        var (features, recomputation) = BatchNormState
            .Of(step.Norm)!
            .Run(
                current.Tensor.features,
                shortcut.Tensor?.features,
                rectifies ? Activation.Relu : Activation.Identity,
                mayOverwrite
            );
        shortcut.Dispose();
        var output = new SparseTensor(features, current.Tensor.map, current.Tensor.batch_size);
        var result = Next(current, output) with { Recomputation = recomputation };
        return step.Activation is null || rectifies ? result : Call(step.Activation, result);
    }

    private Flow NormalizeOneByOne(LayerStep step, Flow current, Flow input)
    {
        var result = Call(step.Norm!, current);
        if (step.AddsShortcut)
        {
            var shortcut = Shortcut!.Run(input);
            var features = result.Tensor.features;
            var sum = features.add_(shortcut.Tensor.features, Scalars.One);
            if (!ReferenceEquals(sum, features))
            {
                sum.Dispose();
            }

            shortcut.Dispose();
        }

        return step.Activation is null ? result : Call(step.Activation, result);
    }

    private static Flow Call(torch.nn.Module module, Flow input, bool checkpointing = false)
    {
        if (module is IPlanned planned && (checkpointing || !ModuleHooks.Any(module)) && !IsRepeated(module))
        {
            return planned.Plan.Run(input, checkpointing || planned.checkpointing);
        }

        var given = input.Show();
        var output = IsRepeated(module) ? SparseCheckpoint.run((ResidualBlock)module, given) : Apply(module, given);
        return Next(input, output);

        bool IsRepeated(torch.nn.Module one) => checkpointing && one is ResidualBlock;
    }

    /// <summary>The output of a step, whose input is disposed unless the step gave it back.</summary>
    private static Flow Next(Flow input, SparseTensor output)
    {
        if (input.Has(output.features))
        {
            return input with { Tensor = output };
        }

        input.Dispose();
        return new Flow(output, IsOurs: true);
    }

    private static SparseTensor Apply(torch.nn.Module module, SparseTensor input) =>
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

    private static Flow Join(Flow current, Flow kept)
    {
        var recomputation = Recomputation.OfChannels(
            (current.Tensor.features, current.Usable),
            (kept.Tensor.features, kept.Usable)
        );
        var joined = SparseTensor.cat(current.Tensor, kept.Tensor);
        current.Dispose();
        kept.Dispose();
        return new Flow(joined, IsOurs: true, recomputation);
    }

    /// <summary>
    /// A tensor between two steps: whether the plan may dispose it once it is read, and how its features can be
    /// computed again, which holds as long as no code outside of plans sees them.
    /// </summary>
    private readonly record struct Flow(SparseTensor Tensor, bool IsOurs, Recomputation? Recomputation = null)
        : IDisposable
    {
        /// <summary>The recomputation while it holds.</summary>
        internal Recomputation? Usable => Recomputation is { IsComplete: true } ? Recomputation : null;

        internal bool Has(torch.Tensor features) => ReferenceEquals(Tensor.features, features);

        /// <summary>The tensor for code outside of plans, which may change the features in place.</summary>
        internal SparseTensor Show()
        {
            Recomputation?.Dispose();
            return Tensor;
        }

        /// <summary>Disposes what is the plan's own; nothing for the default.</summary>
        public void Dispose()
        {
            if (IsOurs)
            {
                Tensor.Dispose();
                Recomputation?.Dispose();
            }
        }
    }
}
