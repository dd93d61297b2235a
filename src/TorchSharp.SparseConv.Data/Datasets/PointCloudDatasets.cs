namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A data set of labelled point clouds that are loaded one at a time. Several threads may load at once.
/// </summary>
public interface IPointCloudDataset
{
    /// <summary>The number of clouds.</summary>
    int Count { get; }

    /// <summary>The name of each class; a label is an index into this list.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>The usual colour of each class, in the order of <see cref="ClassNames"/>.</summary>
    IReadOnlyList<Rgb> ClassColors { get; }

    /// <summary>The label of points that count neither in the loss nor in the scores.</summary>
    int IgnoreLabel { get; }

    /// <summary>A short name of one cloud, for messages and file names.</summary>
    string Name(int index);

    /// <summary>Loads one cloud. The same index always gives the same cloud.</summary>
    /// <exception cref="PointCloudException">Its file is missing or malformed.</exception>
    PointCloud Load(int index);
}

/// <summary>The labelled point clouds of one folder, in the order of their names.</summary>
public sealed class PointCloudFolder : IPointCloudDataset
{
    // The formats that name the attribute that holds the label.
    private static readonly string[] LabelledEndings = [".ply", ".las", ".pcd", ".npz"];

    private readonly string[] _files;

    /// <summary>
    /// Lists the files of a folder that match the pattern. The pattern "*" matches only .ply, .las, .pcd and .npz
    /// files. No file is read yet.
    /// </summary>
    /// <exception cref="PointCloudException">The folder does not exist, or no file in it matches.</exception>
    public PointCloudFolder(string folder, IReadOnlyList<string> classNames, string pattern = "*")
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        if (!Directory.Exists(folder))
        {
            throw new PointCloudException(folder, "there is no such folder");
        }
        var endings = pattern is "*" ? LabelledEndings : PointCloudFile.Extensions;
        _files =
        [
            .. Directory
                .EnumerateFiles(folder, pattern)
                .Where(file => endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal),
        ];
        if (_files.Length == 0)
        {
            throw new PointCloudException(
                folder,
                $"has no point clouds, expected files {pattern} ending in {string.Join(", ", endings)}"
            );
        }
        ClassNames = [.. classNames];
        ClassColors = [.. classNames.Select((_, label) => ClassPalette.ColorOf(label))];
    }

    /// <inheritdoc/>
    public int Count => _files.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> ClassColors { get; init; }

    /// <summary>
    /// The label of points that count neither in the loss nor in the scores. The default, -1, ignores no point.
    /// </summary>
    public int IgnoreLabel { get; init; } = -1;

    /// <summary>The name of the attribute that holds the classes; "label" by default.</summary>
    public string LabelAttribute { get; init; } = PointAttribute.Label;

    /// <summary>Maps the labels of the files to classes; null if the labels are the classes.</summary>
    public IReadOnlyDictionary<int, int>? LabelMap { get; init; }

    /// <inheritdoc/>
    public string Name(int index) => Path.GetFileNameWithoutExtension(_files[index]);

    /// <inheritdoc/>
    public PointCloud Load(int index)
    {
        var path = _files[index];
        var cloud = PointCloudFile.Read(path);
        var attribute = cloud.Find(LabelAttribute);
        if (attribute is not { Components: 1 })
        {
            throw new PointCloudException(
                path,
                $"the points have no attribute {LabelAttribute} of one "
                    + $"component, they have {string.Join(", ", cloud.Attributes)}"
            );
        }
        return cloud.WithLabels(Classes(path, attribute));
    }

    private int[] Classes(string path, PointAttribute attribute)
    {
        int[] labels;
        try
        {
            labels = [.. attribute.Values.ToInt32()];
        }
        catch (InvalidOperationException error)
        {
            throw new PointCloudException(
                path,
                $"the attribute {attribute.Name} is no label: {error.Message}",
                innerException: error
            );
        }
        for (var point = 0; point < labels.Length; point++)
        {
            var given = labels[point];
            if (LabelMap is not null && !LabelMap.TryGetValue(given, out labels[point]))
            {
                throw new PointCloudException(
                    path,
                    $"the label of point {point} is {given}, which the label map does not have"
                );
            }
            if (labels[point] != IgnoreLabel && (uint)labels[point] >= (uint)ClassNames.Count)
            {
                throw new PointCloudException(
                    path,
                    $"the label of point {point} is {given}, expected a class from "
                        + $"0 to {ClassNames.Count - 1} or {IgnoreLabel} to ignore it"
                );
            }
        }
        return labels;
    }
}

/// <summary>
/// Shapes of one category with labelled parts: folders train, val and optionally test with .ply files that have the
/// attribute "label".
/// </summary>
public sealed class ShapeNetPart : IPointCloudDataset
{
    private readonly PointCloudFolder _shapes;

    /// <summary>Lists the shapes of one split, for example train. No file is read yet.</summary>
    /// <exception cref="PointCloudException">The folder does not exist, or it contains no .ply file.</exception>
    public ShapeNetPart(string root, string split, params IReadOnlyList<string> partNames)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentException.ThrowIfNullOrEmpty(split);
        _shapes = new PointCloudFolder(Path.Combine(root, split), partNames, "*.ply");
        Split = split;
    }

    /// <summary>The name of the split, which is the name of its folder.</summary>
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
