namespace TorchSharp.SparseConv.Data;

/// <summary>Scans of a folder in SemanticKITTI's layout, with the standard learning classes.</summary>
public sealed class SemanticKittiDataset : IPointCloudDataset
{
    private readonly IReadOnlyList<ScanFile> _scans;

    /// <summary>Lists the scans of the given sequences, for example 00 and 08; nothing is read yet.</summary>
    /// <exception cref="PointCloudException">A sequence has no folder, no scans or no labels.</exception>
    public SemanticKittiDataset(string root, params IEnumerable<string> sequences)
    {
        _scans = SemanticKitti.Scans(root, sequences);
        foreach (var scan in _scans)
        {
            if (scan.LabelPath is null)
            {
                throw new PointCloudException(
                    scan.ScanPath,
                    $"sequence {scan.Sequence} has no folder labels beside velodyne"
                );
            }
        }
    }

    /// <inheritdoc/>
    public int Count => _scans.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => SemanticKittiClasses.Names;

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> ClassColors => SemanticKittiClasses.Colors;

    /// <inheritdoc/>
    public int IgnoreLabel => SemanticKittiClasses.Unlabeled;

    /// <inheritdoc/>
    public string Name(int index) => _scans[index].ToString();

    /// <inheritdoc/>
    public PointCloud Load(int index) => SemanticKitti.Read(_scans[index]);
}
