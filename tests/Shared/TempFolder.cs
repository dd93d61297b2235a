namespace TorchSharp.SparseConv.Tests.Shared;

// A folder that a test deletes at its end.
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("sparseconv-").FullName;

    // The path of a file or folder in it; the folders above are made.
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
