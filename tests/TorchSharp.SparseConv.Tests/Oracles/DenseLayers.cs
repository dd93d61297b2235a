namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// The layers of a network by the names of their parameters, in PyTorch's own dense operators: on an input without gaps
/// every sparse network must give what these give.
/// </summary>
internal sealed class DenseLayers(IReadOnlyDictionary<string, torch.Tensor> parameters, int dimensions, double epsilon)
{
    internal static DenseLayers Of(torch.nn.Module net, int dimensions, double epsilon = 1e-5) =>
        new(
            net.named_parameters()
                .ToDictionary(entry => entry.name, entry => (torch.Tensor)entry.parameter, StringComparer.Ordinal),
            dimensions,
            epsilon
        );

    internal DenseLayers With(double otherEpsilon) => new(parameters, dimensions, otherEpsilon);

    internal bool Has(string name) => parameters.ContainsKey(name + ".weight");

    /// <summary>Padded so that every other cell is kept, or all of them.</summary>
    internal torch.Tensor Convolve(torch.Tensor dense, string name, int kernel, int stride = 1)
    {
        var twin = Twin(kernel, stride, padding: (kernel - 1) / 2);
        return twin.Convolve(dense, parameters[name + ".weight"], parameters.GetValueOrDefault(name + ".bias"));
    }

    internal torch.Tensor Spread(torch.Tensor dense, string name, int ratio) =>
        Twin(ratio, ratio, padding: 0).Transpose(dense, parameters[name + ".weight"], null, Same(0));

    /// <summary>With the statistics of this batch.</summary>
    internal torch.Tensor Norm(torch.Tensor dense, string name) =>
        torch.nn.functional.batch_norm(
            dense,
            null,
            null,
            parameters[name + ".weight"],
            parameters[name + ".bias"],
            true,
            0.1,
            epsilon
        );

    /// <summary>Convolution, norm and ReLU.</summary>
    internal torch.Tensor Unit(torch.Tensor dense, string convolution, string norm, int kernel, int stride = 1) =>
        Norm(Convolve(dense, convolution, kernel, stride), norm).relu();

    /// <summary>A basic residual block.</summary>
    internal torch.Tensor Block(torch.Tensor dense, string name)
    {
        var inner = Unit(dense, $"{name}.conv1", $"{name}.norm1", 3);
        return (Norm(Convolve(inner, $"{name}.conv2", 3), $"{name}.norm2") + dense).relu();
    }

    private DenseTwin Twin(int kernel, int stride, int padding) =>
        new(Same(kernel), Same(stride), Same(1), Same(padding));

    private int[] Same(int value) => Case.Same(value, dimensions);
}
