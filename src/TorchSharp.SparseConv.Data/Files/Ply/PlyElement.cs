namespace TorchSharp.SparseConv.Data.Files;

internal sealed class PlyElement(string name, long count)
{
    public string Name { get; } = name;

    public long Count { get; } = count;

    public List<PlyProperty> Properties { get; } = [];

    public bool HasLists => Properties.Exists(property => property.LengthType is not null);

    // What a row takes at least: in text a digit and a separator for each number.
    public long LeastBytes(PlyEncoding encoding) =>
        encoding == PlyEncoding.Ascii ? 2L * Properties.Count : Properties.Sum(property => (long)property.LeastBytes);
}
