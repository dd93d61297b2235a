using System.IO.Compression;

namespace TorchSharp.SparseConv.Data.Files;

// A new file to write from front to back, compressed where its name says so.
internal static class OutputFile
{
    public static Stream Create(string path)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionLevel.Fastest)
            : file;
    }
}
