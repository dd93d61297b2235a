namespace TorchSharp.Standin.Tests;

/// <summary>Reads tensors as plain numbers.</summary>
internal static class Numbers
{
    /// <summary>All elements in row-major order; true is 1.</summary>
    internal static double[] Of(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().to_dense().@double().data<double>().ToArray();
    }

    internal static torch.Tensor Matrix(long rows, params double[] values) =>
        torch.tensor(values, [rows, values.Length / rows]);
}
