using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A batch norm with what follows it, in one pass where nothing watches the norm, else one by one.</summary>
internal static class NormPass
{
    /// <summary>Whether a norm is computed together with what follows it.</summary>
    internal static bool CanRun(torch.nn.Module norm, SparseTensor input) =>
        BatchNormState.Of(norm) is { } state && state.Fits(input.features) && !ModuleHooks.Any(norm);

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
        var features = Join(norm, input, activation, fresh, shortcut);
        var result = input.with_features(features);
        return ReferenceEquals(features, input.features) ? result : result.MoveToOuterDisposeScope();
    }

    private static torch.Tensor Join(
        torch.nn.Module norm,
        SparseTensor input,
        Activation activation,
        bool fresh,
        Func<SparseTensor>? shortcut
    )
    {
        if (CanRun(norm, input))
        {
            return BatchNormState.Of(norm)!.Run(input.features, shortcut?.Invoke().features, activation, fresh);
        }

        var features = SparseSequential.Apply(norm, input).features;
        if (shortcut is not null)
        {
            features = features.add_(shortcut().features);
        }

        return activation == Activation.Relu ? Precision.RectifyInPlace(features) : features;
    }
}
