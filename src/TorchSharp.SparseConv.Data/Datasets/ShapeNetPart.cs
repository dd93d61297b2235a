namespace TorchSharp.SparseConv.Data;

/// <summary>Shapes with labelled parts, of one category: folders train, val and perhaps test of .ply files with the attribute "label".</summary>
public sealed class ShapeNetPart : IPointCloudDataset
{
    private readonly PointCloudFolder _shapes;

    /// <summary>Lists the shapes of one split, for example train; nothing is read yet.</summary>
    /// <exception cref="PointCloudException">There is no folder of that name, or no .ply file in it.</exception>
    public ShapeNetPart(string root, string split, params IReadOnlyList<string> partNames)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentException.ThrowIfNullOrEmpty(split);
        _shapes = new PointCloudFolder(Path.Combine(root, split), partNames, "*.ply");
        Split = split;
    }

    /// <summary>Which folder it is.</summary>
    public string Split { get; }

    /// <inheritdoc/>
    public int Count => _shapes.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => _shapes.ClassNames;

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> ClassColors => _shapes.ClassColors;

    /// <inheritdoc/>
    public int IgnoreLabel => _shapes.IgnoreLabel;

    /// <inheritdoc/>
    public string Name(int index) => $"{Split}/{_shapes.Name(index)}";

    /// <inheritdoc/>
    public PointCloud Load(int index) => _shapes.Load(index);
}
