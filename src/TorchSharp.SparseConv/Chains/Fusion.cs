namespace TorchSharp.SparseConv;

/// <summary>Faster inference of modules that are made of convolutions, batch norms and ReLUs.</summary>
public static class Fusion
{
    /// <summary>
    /// From now on each convolution of a <see cref="SparseSequential"/> or of one of this library's models runs in one
    /// pass with the batch norm, the residual and the ReLU behind it, wherever gradients are switched off and the norm
    /// is in evaluation mode. No parameter and no buffer changes: every pass reads the weights and statistics of the
    /// moment, and results are those of the modules one after the other, up to rounding. Training, loading and moving
    /// the module go on as before. Layers with hooks and norms without running statistics run one by one. Returns the
    /// module.
    /// </summary>
    public static T fuse<T>(this T module)
        where T : torch.nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        foreach (var planned in module.modules().Prepend(module).OfType<IPlanned>())
        {
            planned.Plan.IsFused = true;
        }

        return module;
    }
}
