namespace TorchSharp.SparseConv.Functions;

/// <summary>Hides an output that is computed already from apply, which would take a tensor for an input.</summary>
internal sealed class FinishedOutput(torch.Tensor tensor, params IReadOnlyList<torch.Tensor?> saved)
{
    internal torch.Tensor Tensor { get; } = tensor;

    /// <summary>What backward needs beside the inputs, as save_for_backward takes it: null saves nothing.</summary>
    internal List<torch.Tensor> Saved { get; } = [.. saved.Select(one => one!)];
}
