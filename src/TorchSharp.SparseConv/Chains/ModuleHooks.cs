using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv;

/// <summary>Whether anything watches a module's calls, which then must be made one by one.</summary>
internal static class ModuleHooks
{
    /// <summary>
    /// Whether a module that takes sparse tensors or tensors has forward hooks; true for other modules.
    /// </summary>
    internal static bool Any(torch.nn.Module module) =>
        module switch
        {
            torch.nn.Module<SparseTensor, SparseTensor> sparse => Fields<
                Func<torch.nn.Module<SparseTensor, SparseTensor>, SparseTensor, SparseTensor>,
                Func<torch.nn.Module<SparseTensor, SparseTensor>, SparseTensor, SparseTensor, SparseTensor>
            >.Any(sparse),
            torch.nn.Module<torch.Tensor, torch.Tensor> dense => Fields<
                Func<torch.nn.Module<torch.Tensor, torch.Tensor>, torch.Tensor, torch.Tensor>,
                Func<torch.nn.Module<torch.Tensor, torch.Tensor>, torch.Tensor, torch.Tensor, torch.Tensor>
            >.Any(dense),
            _ => true,
        };

    // TorchSharp has no public way to ask.
    private static class Fields<TBefore, TAfter>
    {
        internal static bool Any(torch.nn.HookableModule<TBefore, TAfter> module) =>
            Before(module).Count + After(module).Count + ModuleBefore(module).Count + ModuleAfter(module).Count > 0;

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "pre_hooks")]
        private static extern ref Dictionary<string, TBefore> Before(torch.nn.HookableModule<TBefore, TAfter> module);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "post_hooks")]
        private static extern ref Dictionary<string, TAfter> After(torch.nn.HookableModule<TBefore, TAfter> module);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_pre_hooks")]
        private static extern ref Dictionary<string, Action<torch.nn.Module>> ModuleBefore(
            torch.nn.HookableModule<TBefore, TAfter> module
        );

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_post_hooks")]
        private static extern ref Dictionary<string, Action<torch.nn.Module>> ModuleAfter(
            torch.nn.HookableModule<TBefore, TAfter> module
        );
    }
}
