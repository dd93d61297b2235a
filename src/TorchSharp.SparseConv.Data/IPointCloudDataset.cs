namespace TorchSharp.SparseConv.Data;

/// <summary>Labelled point clouds that are loaded one at a time; safe to load from several threads.</summary>
public interface IPointCloudDataset
{
    /// <summary>The number of clouds.</summary>
    int Count { get; }

    /// <summary>The name of each class; a label is an index into this list.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>The usual colour of each class, in the order of <see cref="ClassNames"/>.</summary>
    IReadOnlyList<Rgb> ClassColors { get; }

    /// <summary>The label of points that count neither in the loss nor in the metrics.</summary>
    int IgnoreLabel { get; }

    /// <summary>A short name of one cloud, for messages and file names.</summary>
    string Name(int index);

    /// <summary>Loads one cloud, always the same for the same index.</summary>
    /// <exception cref="PointCloudException">Its file is missing or malformed.</exception>
    PointCloud Load(int index);
}
