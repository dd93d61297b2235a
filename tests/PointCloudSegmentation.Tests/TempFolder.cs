namespace PointCloudSegmentation.Tests;

// A folder that lives as long as a test.
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("sparseconv-segmentation-").FullName;

    public string this[string name]
    {
        get
        {
            var path = Path.Combine(Root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return path;
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
