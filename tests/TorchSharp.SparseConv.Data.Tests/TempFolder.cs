namespace TorchSharp.SparseConv.Data.Tests;

// A folder that lives as long as a test.
internal sealed class TempFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("sparseconv-data-").FullName;

    public string this[string name]
    {
        get
        {
            var path = Path.Combine(_path, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return path;
        }
    }

    public string Root => _path;

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
