namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>A few modules and what a test does with them, from a sparse tensor to the features that come out.</summary>
internal sealed class Probe : torch.nn.Module<SparseTensor, torch.Tensor>
{
    private readonly Func<SparseTensor, torch.Tensor> _run;

    internal Probe(Func<SparseTensor, torch.Tensor> run, params torch.nn.Module[] modules)
        : base(nameof(Probe))
    {
        _run = run;
        foreach (var (i, module) in modules.Index())
        {
            register_module($"{i}", module);
        }
    }

    public override torch.Tensor forward(SparseTensor input) => _run(input);

    protected override void RegisterComponents() { }
}
