using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// How features can be computed again, bit for bit, from tensors that autograd keeps anyway: a convolution that reads
/// them may keep these instead. Only for features that no code outside of a plan can see, since that could change them
/// in place.
/// </summary>
internal sealed class Recomputation : IDisposable
{
    private Recomputation(IEnumerable<torch.Tensor?> ingredients, Func<IReadOnlyList<torch.Tensor?>, torch.Tensor> make)
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

    /// <summary>Of a batch norm without a residual.</summary>
    internal static Recomputation OfNorm(
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor statistics,
        double epsilon,
        Activation activation
    ) =>
        new(
            [features, weight, bias, statistics],
            kept => NormOp.Compute(kept[0]!, kept[1], kept[2], residual: null, kept[3]!, epsilon, activation)
        );

    /// <summary>
    /// Of the channels of two tensors side by side, each computed again where it can be; null where neither can, or their types differ.
    /// </summary>
    internal static Recomputation? OfChannels(
        (torch.Tensor Features, Recomputation? Recomputation) first,
        (torch.Tensor Features, Recomputation? Recomputation) second
    )
    {
        if (
            (first.Recomputation is null && second.Recomputation is null)
            || first.Features.dtype != second.Features.dtype
        )
        {
            return null;
        }

        var (one, other) = (first.Recomputation?.Make, second.Recomputation?.Make);
        var parts = (first.Recomputation?.Ingredients ?? [first.Features]).ToArray();
        return new([.. parts, .. second.Recomputation?.Ingredients ?? [second.Features]], Join);

        torch.Tensor Join(IReadOnlyList<torch.Tensor?> kept)
        {
            using var scope = torch.NewDisposeScope();
            var left = kept.Take(parts.Length).ToArray();
            var right = kept.Skip(parts.Length).ToArray();
            return ChannelsOp
                .Compute([one?.Invoke(left) ?? left[0]!, other?.Invoke(right) ?? right[0]!])
                .MoveToOuterDisposeScope();
        }
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
