namespace TorchSharp.SparseConv.Functions;

/// <summary>Hides an output that is computed already from apply, which would take a tensor for an input.</summary>
internal sealed class FinishedOutput(torch.Tensor tensor, torch.Tensor? saved = null)
{
    internal torch.Tensor Tensor { get; } = tensor;

    /// <summary>What backward needs beside the inputs, or null.</summary>
    internal torch.Tensor? Saved { get; } = saved;
}
