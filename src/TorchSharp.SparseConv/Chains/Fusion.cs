namespace TorchSharp.SparseConv;

/// <summary>Faster inference of modules that are made of convolutions, batch norms and ReLUs.</summary>
public static class Fusion
{
    /// <summary>
    /// Folds each batch norm of a <see cref="SparseSequential"/> or of one of this library's models into the
    /// convolution before it, in place, and from then on runs convolution, norm, residual and ReLU in one pass wherever
    /// gradients are switched off. Names and shapes of the state stay, and another network that loads it computes the
    /// same, up to rounding. Modules that stand in more than one place, and norms without running statistics or scale,
    /// are left alone; hooks on fused modules are not called. Returns the module; throws InvalidOperationException in
    /// training mode.
    /// </summary>
    public static T fuse<T>(this T module)
        where T : torch.nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        torch.nn.Module[] modules = [.. module.modules().Prepend(module).Distinct()];
        if (Array.Find(modules, one => one.training) is { } training)
        {
            throw new InvalidOperationException(
                $"{training.GetName()} is in training mode: call eval() before fuse(), which uses the running statistics."
            );
        }

        var steps = modules
            .OfType<IPlanned>()
            .SelectMany(one => one.Plan.Steps.OfType<LayerStep>())
            .Where(step => step.CanFold)
            .ToArray();
        var uses = steps.SelectMany(step => step.Modules).CountBy(part => part).ToDictionary();
        foreach (var step in steps.Where(step => !step.IsFolded && step.Modules.All(part => uses[part] == 1)))
        {
            step.Fold();
        }

        return module;
    }
}
