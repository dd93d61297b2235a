namespace TorchSharp.SparseConv.Data.Files;

// How the files with some endings are opened and written.
internal sealed class PointCloudFormat(
    string[] extensions,
    Func<string, PointReader> open,
    Action<string, PointCloud> write
)
{
    public string[] Extensions { get; } = extensions;

    public PointReader Open(string path) => open(path);

    public void Write(string path, PointCloud cloud) => write(path, cloud);
}
