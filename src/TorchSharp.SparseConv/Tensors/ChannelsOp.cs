using TorchSharp.SparseConv.Autograd;

namespace TorchSharp.SparseConv;

/// <summary>
/// The channels of matrices of one element type side by side, [N, C1 + C2 + ...]. As torch.cat, but results and
/// gradients lie in memory that the engine keeps.
/// </summary>
internal sealed class ChannelsOp : Operation<ChannelsOp>
{
    private readonly Input[] _parts;

    internal ChannelsOp(IEnumerable<torch.Tensor> parts) => _parts = [.. parts.Select(Reads)];

    /// <summary>The result, off the graph, in the current dispose scope.</summary>
    internal static torch.Tensor Compute(IReadOnlyList<torch.Tensor> parts)
    {
        using var untracked = torch.no_grad();
        var first = parts[0];
        var output = TorchSharpNative.Empty(
            [first.shape[0], parts.Sum(part => part.shape[1])],
            first.dtype,
            first.device
        );
        var start = 0L;
        foreach (var part in parts)
        {
            using var place = output.narrow(1, start, part.shape[1]);
            place.copy_(part);
            start += part.shape[1];
        }

        return output;
    }

    protected override torch.Tensor Forward() => Compute([.. _parts.Select(part => part.Tensor!)]);

    protected override void Backward(torch.Tensor gradient)
    {
        var start = 0L;
        foreach (var part in _parts)
        {
            if (part.NeedsGradient)
            {
                part.Gradient = TorchSharpNative.Empty(part.Shape, gradient.dtype, gradient.device);
                part.Gradient.copy_(gradient.narrow(1, start, part.Shape[1]));
            }

            start += part.Shape[1];
        }
    }
}
