namespace TorchSharp.SparseConv;

/// <summary>A weights file that is open: what is in it has been checked, the tensors are read one by one.</summary>
internal abstract class StateReader : IDisposable
{
    /// <summary>The tensors in the order of the file; no name stands twice.</summary>
    internal abstract IReadOnlyList<StateEntry> Entries { get; }

    /// <summary>A CPU tensor of the caller's.</summary>
    internal abstract torch.Tensor Read(string name);

    public abstract void Dispose();
}
