namespace TorchSharp.SparseConv;

/// <summary>
/// The exponential moving average of a network's weights, which often generalizes better than the last ones (Tarvainen
/// and Valpola 2017). The average is a second network made like the first, so that it can be evaluated and saved as any.
/// </summary>
public static class ModelAverage
{
    /// <summary>
    /// Moves each parameter of the average towards the network's: <c>decay * average + (1 - decay) * network</c>.
    /// Buffers, such as running statistics, are copied. A decay of 0 copies everything, which is the way to begin.
    /// Throws ArgumentException unless decay is from 0 to 1 and both networks have the same names and shapes.
    /// </summary>
    public static void update(torch.nn.Module average, torch.nn.Module network, double decay = 0.999)
    {
        ArgumentNullException.ThrowIfNull(average);
        ArgumentNullException.ThrowIfNull(network);
        if (!(decay >= 0 && decay <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "must be from 0 to 1");
        }

        var parameters = new HashSet<string>(
            network.named_parameters().Select(one => one.name),
            StringComparer.Ordinal
        );
        var (from, to) = (network.state_dict(), average.state_dict());
        foreach (var (name, tensor) in from)
        {
            if (!to.TryGetValue(name, out var own) || !own.shape.SequenceEqual(tensor.shape))
            {
                throw new ArgumentException(
                    $"average lacks {name} of shape {Shapes.Text(tensor.shape)}, must be a network like the other.",
                    nameof(average)
                );
            }
        }

        if (to.Count != from.Count)
        {
            var extra = to.Keys.First(name => !from.ContainsKey(name));
            throw new ArgumentException($"average has {extra} beyond the network's tensors.", nameof(average));
        }

        using var untracked = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using Scalar share = 1 - decay;
        foreach (var (name, tensor) in from)
        {
            if (parameters.Contains(name))
            {
                // The difference goes to zero with the networks' own, so that equal ones stay equal.
                to[name].add_(tensor - to[name], share);
            }
            else
            {
                to[name].copy_(tensor);
            }
        }
    }
}
