namespace TorchSharp.SparseConv.Data.Scenes;

// A street: its ground and everything that stands on it.
internal sealed class Street(Ground ground, IReadOnlyList<Solid> solids)
{
    public Ground Ground { get; } = ground;

    public IReadOnlyList<Solid> Solids { get; } = solids;
}
