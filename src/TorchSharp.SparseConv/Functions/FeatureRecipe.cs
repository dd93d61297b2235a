namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// How features can be computed again, bit for bit, from tensors that autograd keeps anyway: what reads them may keep these
/// instead of them. It stays with the modules here: where other code could change features in place, it is dropped.
/// </summary>
internal sealed class FeatureRecipe : IDisposable
{
    private FeatureRecipe(IEnumerable<torch.Tensor?> ingredients, Func<IReadOnlyList<torch.Tensor?>, torch.Tensor> make)
    {
        Ingredients = [.. ingredients.Select(one => one?.detach())];
        Make = make;
    }

    /// <summary>Aliases, outside of the graph; this object's own.</summary>
    internal IReadOnlyList<torch.Tensor?> Ingredients { get; }

    /// <summary>Whether all ingredients are still there: a dispose scope may have taken some.</summary>
    internal bool IsComplete => Ingredients.All(one => one is not { IsInvalid: true });

    /// <summary>From the ingredients, as they are or as autograd gives them back, to the features.</summary>
    internal Func<IReadOnlyList<torch.Tensor?>, torch.Tensor> Make { get; }

    /// <summary>A batch norm without a residual.</summary>
    internal static FeatureRecipe OfNorm(
        NormCall call,
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor statistics
    ) =>
        new(
            [features, weight, bias, statistics],
            kept => NormEngine.Forward(call, kept[0]!, kept[1], kept[2], residual: null, kept[3]!)
        );

    /// <summary>The channels of two tensors side by side, each by its recipe where it has one; null where neither has.</summary>
    internal static FeatureRecipe? OfChannels(SparseTensor first, SparseTensor second)
    {
        if (first.Recipe is null && second.Recipe is null)
        {
            return null;
        }

        var (one, other) = (first.Recipe?.Make, second.Recipe?.Make);
        var parts = Ingredients(first).ToArray();
        return new([.. parts, .. Ingredients(second)], Join);

        torch.Tensor Join(IReadOnlyList<torch.Tensor?> kept)
        {
            using var scope = torch.NewDisposeScope();
            var left = kept.Take(parts.Length).ToArray();
            var right = kept.Skip(parts.Length).ToArray();
            return torch
                .cat([one?.Invoke(left) ?? left[0]!, other?.Invoke(right) ?? right[0]!], 1)
                .MoveToOuterDisposeScope();
        }

        static IReadOnlyList<torch.Tensor?> Ingredients(SparseTensor tensor) =>
            tensor.Recipe?.Ingredients ?? [tensor.features];
    }

    internal void MoveToOuterDisposeScope()
    {
        foreach (var one in Ingredients)
        {
            one?.MoveToOuterDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var one in Ingredients)
        {
            one?.Dispose();
        }
    }
}
