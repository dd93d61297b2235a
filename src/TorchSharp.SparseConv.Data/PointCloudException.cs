namespace TorchSharp.SparseConv.Data;

/// <summary>A point-cloud file that is missing, malformed or does not fit its companion; the message names the file and what was expected.</summary>
public sealed class PointCloudException : IOException
{
    /// <summary>An error in <paramref name="path"/>, at <paramref name="offset"/> bytes where the place is known; the message begins with the path.</summary>
    public PointCloudException(string path, string problem, long? offset = null, Exception? innerException = null)
        : base(offset is { } at ? $"{path}: at byte {at}: {problem}" : $"{path}: {problem}", innerException)
    {
        FilePath = path;
        Offset = offset;
    }

    /// <summary>The file at fault, where there is one.</summary>
    public string? FilePath { get; }

    /// <summary>Where in the file, in bytes from its beginning, where that is known.</summary>
    public long? Offset { get; }
}
