namespace TorchSharp.SparseConv;

/// <summary>Calls that nothing but the called module needs the input of any more.</summary>
internal static class Consumption
{
    /// <summary>
    /// What call gives, and the input is disposed as soon as that can be: after the call where a hook may want to see it.
    /// </summary>
    internal static SparseTensor Consume(this torch.nn.Module<SparseTensor, SparseTensor> module, SparseTensor input)
    {
        if (module is IConsumer consumer && !ModuleHooks.Any(module))
        {
            return consumer.Consume(input);
        }

        var result = module.call(input.WithoutRecipe());
        if (!ReferenceEquals(result.features, input.features))
        {
            input.Dispose();
        }

        return result;
    }
}
