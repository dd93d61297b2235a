namespace TorchSharp.SparseConv.Data;

// One view of the page: a single layer, or several of which a slider shows one.
internal sealed class ViewerPane(string name, IReadOnlyList<ViewerLayer> layers)
{
    public string Name => name;

    public IReadOnlyList<ViewerLayer> Layers => layers;
}
