using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A batch norm with what follows it, in one pass where nothing watches the norm, else one by one.</summary>
internal static class NormPass
{
    /// <summary>Whether a norm is computed together with what follows it.</summary>
    internal static bool CanRun(torch.nn.Module norm, SparseTensor input) =>
        BatchNormState.Of(norm) is { } state
        && state.Fits(input.features)
        && state.HasTypeOf(input.features)
        && !ModuleHooks.Any(norm);

    /// <summary>
    /// The norm of the input, plus the shortcut where there is one, which is asked for last, rectified where that is asked.
    /// Where the features are fresh, known to the caller alone, the result may take their place.
    /// </summary>
    internal static SparseTensor Run(
        torch.nn.Module norm,
        SparseTensor input,
        Activation activation,
        bool fresh,
        Func<SparseTensor>? shortcut = null
    )
    {
        using var scope = torch.NewDisposeScope();
        if (!CanRun(norm, input))
        {
            return input.with_features(OneByOne(norm, input, activation, shortcut)).MoveToOuterDisposeScope();
        }

        var state = BatchNormState.Of(norm)!;
        var (features, recipe) = state.Run(input.features, shortcut?.Invoke().features, activation, fresh);
        var result = new SparseTensor(features, input.map, input.batch_size, recipe);
        return ReferenceEquals(features, input.features) ? result : result.MoveToOuterDisposeScope();
    }

    private static torch.Tensor OneByOne(
        torch.nn.Module norm,
        SparseTensor input,
        Activation activation,
        Func<SparseTensor>? shortcut
    )
    {
        var features = SparseSequential.Apply(norm, input.WithoutRecipe()).features;
        if (shortcut is not null)
        {
            features = features.add_(shortcut().features);
        }

        return activation == Activation.Relu ? features.relu_() : features;
    }
}
