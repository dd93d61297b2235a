namespace TorchSharp.SparseConv.Data;

/// <summary>Points with positions in metres and, where there are any, an intensity and a class label each; the arrays are kept, not copied.</summary>
public sealed class PointCloud
{
    /// <summary>Takes positions as x, y, z of each point in turn, and attributes with one entry a point.</summary>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public PointCloud(float[] positions, float[]? intensity = null, int[]? labels = null)
    {
        ArgumentNullException.ThrowIfNull(positions);
        if (positions.Length % 3 != 0)
        {
            throw new ArgumentException(
                $"positions has {positions.Length} entries, must be a multiple of 3 (x, y, z of each point)",
                nameof(positions)
            );
        }
        Count = positions.Length / 3;
        CheckLength(intensity?.Length, nameof(intensity));
        CheckLength(labels?.Length, nameof(labels));
        Positions = positions;
        Intensity = intensity;
        Labels = labels;
    }

    /// <summary>The number of points.</summary>
    public int Count { get; }

    /// <summary>x, y, z of each point in turn, in metres: Count x 3, row-major.</summary>
    public float[] Positions { get; }

    /// <summary>The strength of each point's return, usually 0 to 1; null where the source has none.</summary>
    public float[]? Intensity { get; }

    /// <summary>The class of each point; null where the source has none.</summary>
    public int[]? Labels { get; }

    /// <summary>The same points with other labels.</summary>
    /// <exception cref="ArgumentException"><paramref name="labels"/> has another length than the cloud.</exception>
    public PointCloud WithLabels(int[]? labels) => new(Positions, Intensity, labels);

    private void CheckLength(int? length, string name)
    {
        if (length is { } given && given != Count)
        {
            throw new ArgumentException(
                $"{name} has {given} entries, must have one for each of the {Count} points",
                name
            );
        }
    }
}
